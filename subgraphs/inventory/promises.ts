import type { Asked } from './basis.ts'
import { alwaysOpen, type Calendar, pickupFromMs, shipByMs } from './calendar.ts'
import type { Context } from './loaders.ts'
import type { LocationRow, Method } from './network.ts'
import type { PromiseAnswer } from './promise.ts'
import { promiseFrom } from './promise-from.ts'
import {
  type AvailabilityAnswer,
  type AvailabilityQuestion,
  checkItems,
  type Item,
  refusal,
  resolveItem,
} from './resolve-availability.ts'
import type { SharedTerms } from './terms-reads.ts'
import { type Destination, deliverByMs, transitTimeOf } from './transit.ts'

export type DatedPromise = PromiseAnswer & {
  readonly shipBy: string | null
  readonly deliverBy: string | null
  readonly pickupFrom: string | null
}

export type QuantityItem = Item & { readonly quantity?: number | null | undefined }

const maxQuantity = 1_000_000
/** Methods by which the customer comes for it. */
const handedOver = new Set<Method>(['PICKUP', 'LOCKER'])

/**
 * @param destination null: not said, and then there is no date of delivery
 * @throws AppError `BAD_USER_INPUT` when the quantity or the destination is none
 */
export function datedPromise(
  answer: AvailabilityAnswer,
  quantity: number,
  destination: Destination | null,
  context: Context,
): DatedPromise {
  checkQuantity(quantity, 'quantity')
  checkDestination(destination)
  const { basis, channelId, method } = answer
  const { freshness, now } = context
  const asked: Asked = { channelId, method, freshness, nowMs: now.getTime() }
  const promise = promiseFrom(basis, quantity, answer, asked)
  if (promise.availableAt === null) return { ...promise, ...undated }
  const fromMs = Math.max(asked.nowMs, Date.parse(promise.availableAt))
  const locationId = promise.locationId ?? answer.byLocation[0]?.locationId ?? basis.terms.supplies[0]?.locationId
  const location = locationId === undefined ? undefined : basis.network.locations.get(locationId)
  if (location === undefined) return { ...promise, ...undated }
  const calendar = calendarOf(location, basis.shared)
  if (handedOver.has(method)) return { ...promise, ...undated, pickupFrom: toText(pickupFromMs(calendar, fromMs)) }
  const leavesMs = shipByMs(calendar, fromMs)
  const transit =
    destination === null
      ? null
      : transitTimeOf(basis.shared.transitTimes, { locationId: location.id, method }, destination)
  const arrivesMs = leavesMs === null || transit === null ? null : deliverByMs(calendar.timeZone, leavesMs, transit)
  return { ...promise, ...undated, shipBy: toText(leavesMs), deliverBy: toText(arrivesMs) }
}

export type MethodPromise = { readonly method: Method; readonly promise: DatedPromise }

/** Per method, the promise of the item that is had last. @throws AppError `BAD_USER_INPUT` */
export async function resolvePromises(
  channelId: string,
  items: readonly QuantityItem[],
  methods: readonly Method[] | null | undefined,
  destination: Destination | null,
  context: Context,
): Promise<readonly MethodPromise[]> {
  checkQuantities(items)
  const network = await context.load.network()
  const channel = network.channel(channelId)
  if (channel === null) throw refusal('channelId', JSON.stringify(channelId.slice(0, 40)), 'a channel of the estate')
  const wanted = methods == null ? channel.methods : channel.methods.filter((method) => methods.includes(method))
  return await Promise.all(
    wanted.map(async (method) => {
      const demands = await sumDemands(items, { channelId, method }, context)
      const promises = demands.map(({ answer, quantity }) =>
        answer === null ? nothing : datedPromise(answer, quantity, destination, context),
      )
      return { method, promise: promises.toSorted(laterFirst)[0] ?? nothing }
    }),
  )
}

export type PickupPlace = {
  readonly location: LocationRow
  readonly distanceKm: number
  readonly pickupFrom: string | null
}

export type PickupQuestion = {
  readonly channelId: string
  readonly items: readonly QuantityItem[]
  readonly near: { readonly latitude: number; readonly longitude: number }
  readonly radiusKm: number
  readonly first: number
}

/** @throws AppError `BAD_USER_INPUT` */
export async function resolvePickupOptions(
  question: PickupQuestion,
  context: Context,
): Promise<readonly PickupPlace[]> {
  const { channelId, items, near, radiusKm, first } = question
  checkQuantities(items)
  if (!(Math.abs(near.latitude) <= 90)) throw refusal('near.latitude', String(near.latitude), '-90 to 90')
  if (!(Math.abs(near.longitude) <= 180)) throw refusal('near.longitude', String(near.longitude), '-180 to 180')
  if (!(radiusKm > 0 && radiusKm <= maxRadiusKm))
    throw refusal('radiusKm', String(radiusKm), `above 0 to ${maxRadiusKm}`)
  if (!Number.isInteger(first) || first < 1 || first > maxOptions)
    throw refusal('first', String(first), `1 to ${maxOptions}`)
  const demands = await sumDemands(items, { channelId, method: 'PICKUP' }, context)
  const [head, ...others] = demands
  if (head?.answer == null) return []
  const { basis } = head.answer
  return head.answer.byLocation
    .filter(({ locationId, available }) => {
      if (available < head.quantity || head.answer === null || head.answer.ats < head.quantity) return false
      return others.every(
        ({ answer, quantity }) => answer !== null && answer.ats >= quantity && hasAt(answer, locationId, quantity),
      )
    })
    .flatMap(({ locationId }) => {
      const location = basis.network.locations.get(locationId)
      if (location == null || location.geo === null) return []
      const distanceKm = distanceKmOf(near, location.geo)
      if (distanceKm > radiusKm) return []
      const pickupFrom = toText(pickupFromMs(calendarOf(location, basis.shared), context.now.getTime()))
      return [{ location, distanceKm, pickupFrom }]
    })
    .sort((a, b) => a.distanceKm - b.distanceKm || (a.location.id < b.location.id ? -1 : 1))
    .slice(0, first)
}

const maxRadiusKm = 20_000
const maxOptions = 100

const undated = { shipBy: null, deliverBy: null, pickupFrom: null }

const nothing: DatedPromise = {
  kind: 'NONE',
  availableAt: null,
  guaranteed: false,
  basis: 'no stock of it is known',
  locationId: null,
  ...undated,
}

type Demand = { readonly answer: AvailabilityAnswer | null; readonly quantity: number }

/** Items of one variant are one demand: two lines that each fit may not fit together. */
async function sumDemands(
  items: readonly QuantityItem[],
  question: AvailabilityQuestion,
  context: Context,
): Promise<readonly Demand[]> {
  const answers = await Promise.all(items.map((item) => resolveItem(item, question, context)))
  const sums = new Map<string, Demand>()
  for (const [index, answer] of answers.entries()) {
    const quantity = items[index]?.quantity ?? 1
    const key = answer?.variantId ?? `unknown ${index}`
    sums.set(key, { answer, quantity: (sums.get(key)?.quantity ?? 0) + quantity })
  }
  return [...sums.values()]
}

function hasAt({ byLocation }: AvailabilityAnswer, locationId: string, quantity: number): boolean {
  return byLocation.some((at) => at.locationId === locationId && at.available >= quantity)
}

/** When what a location has now leaves it, or may be collected there, RFC 3339; null: not within its calendar. */
export function readyAt(location: LocationRow, method: Method, shared: Calendars, now: Date): string | null {
  const calendar = calendarOf(location, shared)
  return toText((handedOver.has(method) ? pickupFromMs : shipByMs)(calendar, now.getTime()))
}

type Calendars = Pick<SharedTerms, 'calendars'>

function calendarOf(location: LocationRow, { calendars }: Calendars): Calendar {
  const known = calendars.find(({ locationId }) => locationId === location.id)
  return known === undefined ? alwaysOpen(location.timeZone) : { ...known, timeZone: location.timeZone }
}

function laterFirst(a: DatedPromise, b: DatedPromise): number {
  const [first, second] = [a, b].map(({ availableAt }) => availableAt ?? '9999')
  return first === second ? 0 : (first ?? '') > (second ?? '') ? -1 : 1
}

function checkQuantities(items: readonly QuantityItem[]): void {
  checkItems(items)
  if (items.length === 0) throw refusal('items', 'empty', 'at least one')
  for (const [index, { quantity }] of items.entries()) checkQuantity(quantity ?? 1, `items.${index}.quantity`)
}

function checkDestination(destination: Destination | null): void {
  if (destination === null) return
  const { country, postalCode } = destination
  if (!/^[A-Z]{2}$/.test(country)) {
    throw refusal('destination.country', JSON.stringify(country.slice(0, 40)), 'two letters, ISO 3166-1 alpha-2')
  }
  if (postalCode != null && (postalCode.length < 1 || postalCode.length > longestPostalCode)) {
    throw refusal('destination.postalCode', `${postalCode.length} characters`, `1 to ${longestPostalCode}`)
  }
}

const longestPostalCode = 20

function checkQuantity(quantity: number, argument: string): void {
  if (Number.isInteger(quantity) && quantity >= 1 && quantity <= maxQuantity) return
  throw refusal(argument, String(quantity), `1 to ${maxQuantity}`)
}

const earthRadiusKm = 6_371
const radians = (degrees: number) => (degrees * Math.PI) / 180

type Point = PickupQuestion['near']

/** Along the great circle. */
function distanceKmOf(a: Point, b: Point): number {
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2
  const across = Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(a.longitude, b.longitude)
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(half(a.latitude, b.latitude) + across)))
}

function toText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
