import type { FastifyInstance } from 'fastify'
import { AppError } from '../../platform/errors/app-error.ts'
import { httpStatus } from '../../platform/errors/http-status.ts'
import type { TokenIssuer } from '../../platform/identity/signing-key.ts'
import type { StaffRole, Viewer } from '../../platform/identity/viewer.ts'
import type { Answer, GatewayRequest } from '../exchange.ts'
import { toClaims } from './own-claims.ts'

/** As whom the examples can be run. */
export const developmentViewers = [
  'shopper',
  'agent',
  'associate',
  'partner',
  'finance',
  'analyst',
  'admin',
  'service',
] as const
export type DevelopmentViewer = (typeof developmentViewers)[number]

const roles: Readonly<Record<string, StaffRole>> = {
  agent: 'service-desk',
  associate: 'store-associate',
  finance: 'finance',
  analyst: 'analyst',
  admin: 'ops-admin',
}

const ttlSeconds = 12 * 3_600

export type DevelopmentDeps = {
  readonly issuer: TokenIssuer
  readonly tenant: string
  /** Where the demo's shopper and store are looked up. */
  readonly handle: (request: GatewayRequest) => Promise<Answer>
}

/**
 * `GET /dev/token?as=agent`: a token as text, for trying things out; never added in production. `customer`, `locations`,
 * `regions`, `channels` and `system` say otherwise than the demo's known ones.
 */
export function addDevelopmentTokens(server: FastifyInstance, deps: DevelopmentDeps): void {
  server.get('/dev/token', async (request, reply) => {
    const given = new URL(request.url, 'http://gateway').searchParams
    try {
      const token = await issueDevelopmentToken(given, deps)
      return reply.headers({ 'cache-control': 'no-store' }).type('text/plain').send(token)
    } catch (error) {
      const known = AppError.from(error)
      return reply.code(httpStatus[known.code]).type('text/plain').send(known.message)
    }
  })
}

async function issueDevelopmentToken(given: URLSearchParams, deps: DevelopmentDeps): Promise<string> {
  const asked = given.get('as') ?? ''
  const name = developmentViewers.find((one) => one === asked)
  if (name === undefined) {
    throw new AppError('BAD_USER_INPUT', `Cannot issue a token: as is not one of ${developmentViewers.join(', ')}`)
  }
  return deps.issuer.issue(toClaims(await viewerOf(name, given, deps)), ttlSeconds)
}

async function viewerOf(name: DevelopmentViewer, given: URLSearchParams, deps: DevelopmentDeps): Promise<Viewer> {
  const base = { tenant: deps.tenant, clientId: `development-${name}`, scopes: [] }
  if (name === 'shopper') {
    const customerId = given.get('customer') ?? (await find(shopperQuery, ['customerByIdentifier', 'id'], deps))
    return { ...base, kind: 'shopper', customerId }
  }
  if (name === 'partner') {
    return { ...base, kind: 'partner', partnerId: 'amazon', channelIds: (given.get('channels') ?? 'amazon').split(',') }
  }
  if (name === 'service') return { ...base, kind: 'service', system: given.get('system') ?? 'wms' }
  const locations = given.get('locations')?.split(',')
  const role = roles[name]
  return {
    ...base,
    kind: 'staff',
    subject: name,
    roles: role === undefined ? [] : [role],
    locationIds: name === 'associate' ? (locations ?? [await find(storeQuery, storePath, deps)]) : [],
    regions: given.get('regions')?.split(',') ?? [],
  }
}

const shopperQuery = '{ customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") { id } }'
const storeQuery = '{ locations(kind: STORE, first: 1) { edges { node { id } } } }'
const storePath = ['locations', 'edges', '0', 'node', 'id']

async function find(
  query: string,
  path: readonly string[],
  { handle, issuer, tenant }: DevelopmentDeps,
): Promise<string> {
  const reader: Viewer = { kind: 'service', tenant, clientId: 'development', scopes: [], system: 'development' }
  const { result } = await handle({
    query,
    operationName: undefined,
    variables: undefined,
    extensions: undefined,
    mayMutate: false,
    path: '/dev/token',
    version: undefined,
    address: undefined,
    headers: { authorization: `Bearer ${await issuer.issue(toClaims(reader), 60)}` },
    signal: AbortSignal.timeout(10_000),
  })
  const value = path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    result.data?.value,
  )
  if (typeof value === 'string') return value
  throw new AppError(
    'NOT_FOUND',
    'Cannot issue a token: the demo is not read yet; wait until it is ready, or name customer or locations',
  )
}
