import { AppError } from '../../platform/errors/app-error.ts'
import { type AvailableNumbers, availableOf, type LocationStock, statusOf } from './availability.ts'
import type { Context } from './loaders.ts'
import type { LocationRow, Method, NetworkIndex, Origin } from './network.ts'
import { isUnread, oldestOrigin } from './provenance.ts'
import type { PositionRow } from './reads.ts'

export type VariantRef = { readonly id: string }

export type AvailabilityAnswer = AvailableNumbers & {
  readonly variantId: string
  readonly channelId: string
  readonly method: Method
  readonly status: ReturnType<typeof statusOf> | 'UNKNOWN'
  /** Of the oldest source the number rests on. */
  readonly origin: Origin
  readonly positions: ReadonlyMap<string, PositionRow>
  readonly network: NetworkIndex
}

export type LocationAnswer = { readonly location: LocationRow; readonly available: number; readonly origin: Origin }

export type AvailabilityQuestion = { readonly channelId: string; readonly method: Method }
export type Item = { readonly variantId?: string | null | undefined; readonly sku?: string | null | undefined }

const maxItems = 200

/** One entry per item, in order; null where no stock of the item is known. @throws AppError `BAD_USER_INPUT` */
export async function resolveItems(
  items: readonly Item[],
  question: AvailabilityQuestion,
  context: Context,
): Promise<readonly (AvailabilityAnswer | null)[]> {
  if (items.length > maxItems) throw refusal('items', `${items.length} entries`, `at most ${maxItems}`)
  for (const [index, { variantId, sku }] of items.entries()) {
    if ((variantId == null) === (sku == null)) {
      const got = variantId == null ? 'neither' : 'both'
      throw refusal(`items.${index}`, `${got} of variantId and sku`, 'exactly one of them')
    }
  }
  return await Promise.all(
    items.map(async ({ variantId, sku }) => {
      const id = variantId ?? (sku == null ? null : await context.load.variantIdBySku.load(sku))
      return id === null ? null : await resolveAvailability(id, question, context)
    }),
  )
}

/** @throws AppError `BAD_USER_INPUT` when the channel is unknown */
export async function resolveAvailability(
  variantId: string,
  { channelId, method }: AvailabilityQuestion,
  { load, freshness }: Context,
): Promise<AvailabilityAnswer | null> {
  const [network, positions] = await Promise.all([load.network(), load.positionsOfVariant.load(variantId)])
  const serving = network.serving(channelId, method)
  if (serving === null) throw refusal('channelId', JSON.stringify(channelId.slice(0, 40)), 'a channel of the estate')
  const counted = positions?.filter((position) => serving.has(position.locationId)) ?? []
  const basis = counted.length > 0 ? counted : (positions ?? [])
  const origin = oldestOrigin(basis, freshness)
  if (origin === null) return null
  const numbers = availableOf(counted.map(toStock), serving)
  const unread = basis.every(({ system }) => isUnread(system, freshness))
  return {
    ...numbers,
    variantId,
    channelId,
    method,
    status: unread ? 'UNKNOWN' : statusOf(numbers.ats),
    origin,
    positions: new Map(counted.map((position) => [position.locationId, position])),
    network,
  }
}

/** @throws AppError `BAD_USER_INPUT` when `first` is out of range */
export function toLocationAnswers(answer: AvailabilityAnswer, first: number): readonly LocationAnswer[] {
  if (!Number.isInteger(first) || first < 1 || first > maxLocations) {
    throw refusal('first', String(first), `1 to ${maxLocations}`)
  }
  return answer.byLocation.slice(0, first).flatMap(({ locationId, available }) => {
    const [location, origin] = [answer.network.locations.get(locationId), answer.positions.get(locationId)]
    return location === undefined || origin === undefined ? [] : [{ location, available, origin }]
  })
}

const maxLocations = 500

/** Nothing in the graph makes reservations, so none is live. */
export const reservedUnits = 0

function toStock({ locationId, onHand, sellable, committed }: PositionRow): LocationStock {
  return { locationId, onHand, sellable, committed, reserved: reservedUnits }
}

function refusal(argument: string, got: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot tell availability: ${argument} is ${got}, allowed is ${allowed}`, {
    details: { argument, allowed },
  })
}
