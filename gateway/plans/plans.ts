import { z } from 'zod'
import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { parseWith } from '../../platform/parse.ts'
import { type Lane, laneNames } from '../lanes/lanes.ts'
import type { RatePlan } from '../rate-limit/rate-limiter.ts'

/** What one client may spend, and how. */
export type ClientPlan = {
  readonly name: string
  /** Points one request may cost at most. */
  readonly maxCost: number
  /** Objects the lists of one request may hold at most. */
  readonly maxListNodes: number
  /** Each address of the client has buckets of its own. */
  readonly perAddress: boolean
  /** Runs registered documents only. */
  readonly persistedOnly: boolean
  /** No request of the client goes in a more important lane. */
  readonly highestLane: Lane
  readonly buckets: Readonly<Record<Lane, RatePlan>>
}

export type Plans = {
  /** The plan of the viewer's client, else of its kind. */
  of(viewer: Viewer): ClientPlan
}

const bucket = z.strictObject({
  maximum: z.int().min(1).max(10_000_000),
  restoreRate: z.number().positive().max(1_000_000),
})
const lane = z.enum(laneNames)

const plan = z.strictObject({
  maxCost: z.int().min(1).max(10_000_000),
  maxListNodes: z.int().min(1).max(1_000_000).default(5_000),
  perAddress: z.boolean().default(false),
  highestLane: lane.default('P0'),
  buckets: z.strictObject({ P0: bucket, P1: bucket, P2: bucket, P3: bucket }),
})

const planFile = z.strictObject({
  plans: z.record(z.string().min(1).max(100), plan),
  kinds: z.strictObject({
    anonymous: z.string(),
    shopper: z.string(),
    staff: z.string(),
    partner: z.string(),
    service: z.string(),
  }),
  clients: z
    .record(
      z.string().min(1).max(200),
      z.strictObject({ plan: z.string().optional(), persistedOnly: z.boolean().default(false) }),
    )
    .default({}),
})

/**
 * @param text a plans file, see policies/plans.json
 * @throws AppError `CONFIG_INVALID` naming what is wrong and what is allowed
 */
export function parsePlans(text: string): Plans {
  const file = parseWith(planFile, parseJson(text), { what: 'the plans file', code: 'CONFIG_INVALID' })
  const find = (name: string, persistedOnly = false): ClientPlan => {
    const found = Object.hasOwn(file.plans, name) ? file.plans[name] : undefined
    if (found === undefined) {
      throw invalid(`it names a plan '${name}', allowed is ${Object.keys(file.plans).join(', ')}`)
    }
    return { ...found, name, persistedOnly }
  }
  const kinds = {
    anonymous: find(file.kinds.anonymous),
    shopper: find(file.kinds.shopper),
    staff: find(file.kinds.staff),
    partner: find(file.kinds.partner),
    service: find(file.kinds.service),
  } satisfies Record<Viewer['kind'], ClientPlan>
  const clients = new Map(
    Object.entries(file.clients).map(([id, { plan: name, persistedOnly }]) => [
      id,
      { own: name === undefined ? null : find(name, persistedOnly), persistedOnly },
    ]),
  )
  const strict = new Map(Object.values(kinds).map((one) => [one, { ...one, persistedOnly: true }]))
  return {
    of(viewer) {
      const client = clients.get(viewer.clientId)
      const usual = kinds[viewer.kind]
      if (client === undefined) return usual
      return client.own ?? (client.persistedOnly ? strict.get(usual) : undefined) ?? usual
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'Cannot read the plans file: it is not JSON', { cause })
  }
}

function invalid(why: string): AppError {
  return new AppError('CONFIG_INVALID', `Cannot read the plans file: ${why}`)
}
