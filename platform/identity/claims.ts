import { AppError } from '../errors/app-error.ts'
import type { Viewer } from './viewer.ts'
import { isStaffRole, viewerKinds } from './viewer-header.ts'

/** Which claims of an issuer's tokens say what; a dotted path leads into objects: `realm_access.roles`. */
export type ClaimMapping = {
  /** What everyone of this issuer is. Absent: the claim `kindClaim` says it. */
  readonly kind?: Viewer['kind']
  readonly kindClaim?: string
  readonly clientId?: string
  readonly scopes?: string
  readonly customerId?: string
  readonly subject?: string
  readonly roles?: string
  /** What the issuer calls our roles; a role it does not name counts by its own name. */
  readonly roleNames?: Readonly<Record<string, string>>
  readonly locationIds?: string
  readonly regions?: string
  readonly partnerId?: string
  readonly channelIds?: string
  readonly system?: string
}

export type Claims = Readonly<Record<string, unknown>>

/** What a verified token says of who asks. The tenant is this installation's, never the token's. @throws AppError `UNAUTHENTICATED` */
export function toViewer(claims: Claims, mapping: ClaimMapping, tenant: string): Viewer {
  const read = (path: string): unknown =>
    path.split('.').reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), claims)

  function text(path: string): string {
    const value = read(path)
    if (typeof value === 'string' && value !== '' && value.length <= 200) return value
    throw new AppError('UNAUTHENTICATED', `Cannot read the token: its claim ${path} is not text of 1 to 200 characters`)
  }

  /** A list, or one text of words as `scope` is. */
  function texts(path: string): readonly string[] {
    const value = read(path)
    if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string').slice(0, 200) : []
  }

  const kind = mapping.kind ?? read(mapping.kindClaim ?? 'kind')
  const base = {
    tenant,
    clientId: text(mapping.clientId ?? (read('client_id') === undefined ? 'azp' : 'client_id')),
    scopes: texts(mapping.scopes ?? 'scope'),
  }
  switch (kind) {
    case 'anonymous':
      return { ...base, kind }
    case 'shopper':
      return { ...base, kind, customerId: text(mapping.customerId ?? 'sub') }
    case 'staff': {
      const names = mapping.roleNames ?? {}
      const roles = texts(mapping.roles ?? 'roles').map((role) =>
        Object.hasOwn(names, role) ? (names[role] ?? role) : role,
      )
      return {
        ...base,
        kind,
        subject: text(mapping.subject ?? 'sub'),
        roles: roles.filter(isStaffRole),
        locationIds: texts(mapping.locationIds ?? 'location_ids'),
        regions: texts(mapping.regions ?? 'regions'),
      }
    }
    case 'partner':
      return {
        ...base,
        kind,
        partnerId: text(mapping.partnerId ?? 'sub'),
        channelIds: texts(mapping.channelIds ?? 'channel_ids'),
      }
    case 'service':
      return { ...base, kind, system: text(mapping.system ?? 'sub') }
    default:
      throw new AppError(
        'UNAUTHENTICATED',
        `Cannot read the token: it does not say which kind of viewer it is for, allowed are ${viewerKinds.join(', ')}`,
      )
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
