import { AppError } from '../errors/app-error.ts'
import type { Viewer } from './viewer.ts'

/** The header in which the viewer travels from the gateway to a subgraph. */
export const viewerHeader = 'x-storeloom-viewer'

/** Turns a viewer into a header's value and back. The seam where the value is signed and its signature checked. */
export type ViewerCodec = {
  encode(viewer: Viewer): string
  /** @throws AppError `UNAUTHENTICATED` when the value names no viewer. */
  decode(value: string): Viewer
}

/** Base64url JSON without a signature: fit only where no one else reaches the subgraph, in one process or on loopback. */
export const plainViewerCodec: ViewerCodec = {
  encode: (viewer) => Buffer.from(JSON.stringify(viewer)).toString('base64url'),
  decode(value) {
    let parsed: unknown
    try {
      parsed = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))
    } catch (cause) {
      throw new AppError('UNAUTHENTICATED', `Cannot read the viewer: ${viewerHeader} is not base64url JSON`, { cause })
    }
    return parseViewer(parsed)
  },
}

/**
 * @param value what JSON says of a viewer
 * @throws AppError `UNAUTHENTICATED` naming the member that is missing or wrong
 */
export function parseViewer(value: unknown): Viewer {
  if (typeof value !== 'object' || value === null) throw unreadable('it is no object')
  const from = value as Readonly<Record<string, unknown>>
  const base = { tenant: text(from, 'tenant'), clientId: text(from, 'clientId'), scopes: texts(from, 'scopes') }
  switch (from.kind) {
    case 'anonymous':
      return { ...base, kind: 'anonymous' }
    case 'shopper':
      return { ...base, kind: 'shopper', customerId: text(from, 'customerId') }
    case 'staff':
      return {
        ...base,
        kind: 'staff',
        subject: text(from, 'subject'),
        roles: texts(from, 'roles').filter(isStaffRole),
        locationIds: texts(from, 'locationIds'),
        regions: texts(from, 'regions'),
      }
    case 'partner':
      return { ...base, kind: 'partner', partnerId: text(from, 'partnerId'), channelIds: texts(from, 'channelIds') }
    case 'service':
      return { ...base, kind: 'service', system: text(from, 'system') }
    default:
      throw unreadable('its kind is none of anonymous, shopper, staff, partner, service')
  }
}

export const viewerKinds = ['anonymous', 'shopper', 'staff', 'partner', 'service'] as const
const staffRoles = ['service-desk', 'store-associate', 'finance', 'analyst', 'ops-admin'] as const

/** Whether a word is a role of ours. */
export function isStaffRole(value: string): value is (typeof staffRoles)[number] {
  return (staffRoles as readonly string[]).includes(value)
}

function text(from: Readonly<Record<string, unknown>>, member: string): string {
  const value = from[member]
  if (typeof value !== 'string') throw unreadable(`${member} is not text`)
  return value
}

function texts(from: Readonly<Record<string, unknown>>, member: string): readonly string[] {
  const value = from[member]
  if (!Array.isArray(value) || !value.every((entry): entry is string => typeof entry === 'string')) {
    throw unreadable(`${member} is not a list of texts`)
  }
  return value
}

function unreadable(why: string): AppError {
  return new AppError('UNAUTHENTICATED', `Cannot read the viewer: ${why}`)
}
