import { AppError } from '../../../platform/errors/app-error.ts'
import { type KeyedCommand, keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import type { NetworkIndex } from '../network.ts'
import type { Kit } from '../terms-reads.ts'
import type { ChangeCommand, ReserveCommand } from './command.ts'
import { actsForAll } from './decide.ts'
import type { Owner } from './legs.ts'
import {
  checkText,
  defaultTtlSeconds,
  type InvalidLine,
  invalidLinesOf,
  invalidTtlOf,
  invalidUnitsOf,
  type LineInput,
  toUnits,
} from './parse-input.ts'
import type { KitDemand } from './place.ts'
import type { OpenDemand } from './substitute.ts'

type Call = Pick<SubgraphCall, 'viewer' | 'correlationId'>

export type ReserveInput = {
  readonly idempotencyKey: string
  readonly channelId: string
  /** The SDL gives those that are absent their default. */
  readonly method?: ReserveCommand['method']
  readonly locationId?: string | null | undefined
  readonly placement?: 'PLACED' | 'NETWORK'
  readonly owner: Owner
  readonly lines: readonly LineInput[]
  readonly ttlSeconds?: number | null | undefined
  readonly replaceOwner?: boolean
}

export type Invalid = { readonly kind: 'invalid'; readonly lines: readonly InvalidLine[] }

export type Known = {
  readonly network: NetworkIndex
  /** One entry per SKU, in order; null for an unknown one. */
  readonly variantIdsOf: (skus: readonly string[]) => Promise<readonly (string | null)[]>
  readonly isVariant: (variantId: string) => Promise<boolean>
  /** null for a variant that is no kit. */
  readonly kitOf: (variantId: string) => Promise<Kit | null>
  /** In a channel; the most preferred first. */
  readonly substitutesOf: (variantId: string, channelId: string) => Promise<readonly string[]>
}

/** @throws AppError `BAD_USER_INPUT` for a key or an owner that is none */
export async function toReserveCommand(
  input: ReserveInput,
  call: Call,
  { network, variantIdsOf, isVariant, kitOf, substitutesOf }: Known,
): Promise<ReserveCommand | Invalid> {
  const keyed = keyedOf('reserveStock', input, call)
  checkText(input.owner.id, 'owner.id')
  const ttlSeconds = input.ttlSeconds ?? defaultTtlSeconds[input.owner.kind]
  const invalid = [...invalidLinesOf(input.lines), ...invalidTtlOf(ttlSeconds), ...unknownLocation(input, network)]
  if (invalid.length > 0) return { kind: 'invalid', lines: invalid }
  const skus = [...new Set(input.lines.flatMap(({ sku }) => (sku == null ? [] : [sku])))]
  const found = await variantIdsOf(skus)
  const bySku = new Map(skus.map((sku, at) => [sku, found[at] ?? null]))
  const lines: OpenDemand[] = []
  const unknown: InvalidLine[] = []
  for (const line of input.lines) {
    const { lineId, variantId, sku, quantity, allowSubstitution } = line
    const id = variantId ?? bySku.get(sku ?? '') ?? null
    if (id !== null && !id.includes('\0') && (await isVariant(id))) {
      const substitutes = allowSubstitution === true ? await substitutesOf(id, input.channelId) : []
      const asked = { lineId, variantId: id, quantity, ...waitsOf(line) }
      lines.push(substitutes.length === 0 ? asked : { ...asked, substitutes })
    } else {
      const message = `no variant has this ${id === null ? 'SKU' : 'id'}`
      unknown.push({ lineId, reason: 'UNKNOWN_VARIANT', message })
    }
  }
  if (unknown.length > 0) return { kind: 'invalid', lines: unknown }
  const { channelId, method = 'SHIP', owner, replaceOwner = true } = input
  const placed = input.placement !== 'NETWORK'
  const locationId = input.locationId ?? null
  const { viewer, correlationId } = call
  const common = { kind: 'reserve', keyed, viewer, correlationId } as const
  const taken = await expandKits(lines, kitOf)
  return { ...common, channelId, method, owner, ...taken, ttlSeconds, replaceOwner, locationId, placed }
}

function waitsOf({ allowBackorder, allowPreorder }: LineInput): Pick<OpenDemand, 'waits'> {
  const waits = { backorder: allowBackorder === true, preorder: allowPreorder === true }
  return waits.backorder || waits.preorder ? { waits } : {}
}

/** A kit is reserved as what it is made of. */
async function expandKits(
  lines: readonly OpenDemand[],
  kitOf: Known['kitOf'],
): Promise<Pick<ReserveCommand, 'lines' | 'kits'>> {
  const loose: OpenDemand[] = []
  const kits: KitDemand[] = []
  const found = await Promise.all(lines.map(({ variantId }) => kitOf(variantId)))
  for (const [at, line] of lines.entries()) {
    const kit = found[at] ?? null
    const { lineId, quantity } = line
    if (kit === null) loose.push(await withoutKits(line, kitOf))
    else {
      const components = kit.components.map((component) => ({
        variantId: component.variantId,
        units: component.quantity,
      }))
      kits.push({ lineId, kitId: line.variantId, sets: quantity, together: kit.shipTogether, components })
    }
  }
  return { lines: loose, kits }
}

async function withoutKits(line: OpenDemand, kitOf: Known['kitOf']): Promise<OpenDemand> {
  if (line.substitutes === undefined) return line
  const found = await Promise.all(line.substitutes.map(kitOf))
  return { ...line, substitutes: line.substitutes.filter((_, at) => found[at] === null) }
}

type ChangeInput = {
  readonly idempotencyKey: string
  readonly owner?: Owner | null | undefined
}

/**
 * @param items what it is about; the invalid ones are answered, not thrown
 * @throws AppError `BAD_USER_INPUT` for a key or an owner that is none
 */
export function toChangeCommand(
  operation: string,
  input: ChangeInput,
  items: readonly { readonly reservationId: string; readonly quantity?: number | null | undefined }[],
  step: ChangeCommand['step'],
  call: Call,
): ChangeCommand | Invalid {
  const keyed = keyedOf(operation, input, call)
  const owner = input.owner ?? null
  if (owner === null && !actsForAll(call.viewer)) {
    throw new AppError('BAD_USER_INPUT', `Cannot ${operation}: owner is missing, allowed is that of the reservation`, {
      details: { argument: 'owner' },
    })
  }
  const invalid = [...invalidUnitsOf(items), ...(step.kind === 'extend' ? invalidTtlOf(step.ttlSeconds) : [])]
  if (invalid.length > 0) return { kind: 'invalid', lines: invalid }
  const { viewer, correlationId } = call
  return { kind: 'change', keyed, viewer, correlationId, owner, items: toUnits(items), step }
}

function keyedOf(operation: string, input: { readonly idempotencyKey: string }, { viewer }: Call): KeyedCommand {
  const { idempotencyKey, ...body } = input
  const key = checkText(idempotencyKey, 'idempotencyKey')
  return keyedRequest({ tenant: viewer.tenant, clientId: viewer.clientId, operation, key }, body)
}

function unknownLocation({ locationId, placement }: ReserveInput, network: NetworkIndex): readonly InvalidLine[] {
  if (locationId == null) return []
  if (placement === 'NETWORK') {
    const message =
      'locationId is given with the placement NETWORK, allowed is one of them: what the network owes is nowhere yet'
    return [{ lineId: null, reason: 'UNKNOWN_LOCATION', message }]
  }
  if (network.locations.has(locationId)) return []
  return [{ lineId: null, reason: 'UNKNOWN_LOCATION', message: 'locationId names no location' }]
}
