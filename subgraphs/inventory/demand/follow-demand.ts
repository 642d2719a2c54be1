import { groupBy } from '../../../platform/group-by.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Change } from '../reservations/command.ts'
import { cancel, confirm, type ReservationRow } from '../reservations/legs.ts'
import { availableIn, type Part, placeDemand, type Shortfall, type Where } from '../reservations/place.ts'
import type { SectionState } from '../reservations/section-state.ts'

export type DemandLine = { readonly lineId: string; readonly variantId: string | null; readonly quantity: number }

/** What an order wanted, and wants. */
export type Demand = {
  readonly orderId: string
  readonly before: readonly DemandLine[]
  readonly after: readonly DemandLine[]
}

export type Missing = { readonly variantId: string; readonly wanted: number; readonly missing: number }

export type Followed = {
  readonly changes: readonly Change[]
  /** Of each variant that was looked at; most miss nothing. */
  readonly units: readonly Missing[]
  /** All that the order wants now; null: as before. */
  readonly wants: ReadonlySet<string> | null
  /** Of those that are wanted more than before. */
  readonly shortfalls: readonly Shortfall[]
  /** Variants of which more is kept than is wanted: those units have left, or are pinned. */
  readonly stuck: readonly string[]
}

export type Component = { readonly variantId: string; readonly quantity: number }
/** What a variant is kept as: itself, or what a kit is made of. */
export type ComponentsOf = (variantId: string) => readonly Component[]

export type Following = {
  readonly componentsOf: ComponentsOf
  readonly ids: IdMinter
  /** Reservations that nothing is given back of. */
  readonly pinned: ReadonlySet<string>
  /** Variants that units of are missing: they are followed, though nothing may be kept of them. */
  readonly short: ReadonlySet<string>
}

/**
 * Gives back what is kept for an order beyond what it wants, then keeps what it wants more, as much of it as there is; on the
 * state of a section, by the formula of availability. Asked again it finds nothing to do. Of what the change leaves as it was,
 * and of a variant of which nothing was ever kept here, since another system keeps it, nothing is touched.
 * @param rows all reservations of the order
 */
export function followDemand(
  state: SectionState,
  rows: readonly ReservationRow[],
  { orderId, before, after }: Demand,
  { componentsOf, ids, pinned, short }: Following,
): Followed {
  const [wanted, wants] = [unitsOf(before, componentsOf), unitsOf(after, componentsOf)]
  const isOrdered = (variantId: string) => wanted.has(variantId) || wants.has(variantId)
  const kept = groupBy(rows, ({ variantId, substitutedFor }) =>
    isOrdered(variantId) ? variantId : (substitutedFor ?? variantId),
  )
  const isFollowed = (variantId: string) => kept.has(variantId) || short.has(variantId)
  const isWhole = rows.length > 0 && [...wanted.keys()].every(isFollowed)
  // An order that wants nothing any more wants nothing of what was kept by another name either.
  const isOver = after.length === 0
  const touched = isOver
    ? [...kept.keys()]
    : [...new Set([...wanted.keys(), ...wants.keys()])].filter(
        (id) => wanted.get(id) !== wants.get(id) && (isFollowed(id) || isWhole),
      )
  const changes: Change[] = []
  const take = (change: Change): void => {
    state.apply(change)
    changes.push(change)
  }
  const open = touched.map((variantId) => {
    const quantity = wants.get(variantId) ?? 0
    const own = kept.get(variantId) ?? []
    const missing = quantity - own.reduce((sum, { confirmed, consumed }) => sum + confirmed + consumed, 0)
    const back = givenBack(
      own.filter(({ id }) => !pinned.has(id)),
      -missing,
    )
    for (const change of back) take(change)
    const isStuck = back.reduce((left, change) => left - unitsBack(change), -missing) > 0
    return { variantId, own, wanted: quantity, missing: Math.max(0, missing), isStuck }
  })
  const shortfalls: Shortfall[] = []
  const units = open.map(({ variantId, own, wanted: quantity, missing }): Missing => {
    const like = newestOf(own) ?? newestOf(rows)
    if (missing === 0 || like === undefined) return { variantId, wanted: quantity, missing }
    const lineId = after.find((line) => keptAs(line, componentsOf).has(variantId))?.lineId ?? like.lineId
    const { parts, shortfall } = placeMore({ lineId, variantId, quantity: missing }, like, state)
    for (const part of parts) for (const change of keep(part, like, orderId, state, ids)) take(change)
    if (shortfall !== null && quantity > (wanted.get(variantId) ?? 0)) shortfalls.push(shortfall)
    return { variantId, wanted: quantity, missing: missing - parts.reduce((sum, part) => sum + part.quantity, 0) }
  })
  const stuck = open.flatMap(({ variantId, isStuck }) => (isStuck ? [variantId] : []))
  return { changes, units, wants: new Set(wants.keys()), shortfalls, stuck }
}

/** By variant, kits as what they are made of. */
function unitsOf(lines: readonly DemandLine[], componentsOf: ComponentsOf): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const line of lines) {
    for (const [variantId, quantity] of keptAs(line, componentsOf)) {
      units.set(variantId, (units.get(variantId) ?? 0) + quantity)
    }
  }
  return units
}

function keptAs({ variantId, quantity }: DemandLine, componentsOf: ComponentsOf): ReadonlyMap<string, number> {
  if (variantId === null) return new Map()
  return new Map(componentsOf(variantId).map((component) => [component.variantId, component.quantity * quantity]))
}

/** What was kept last first; units that left are nobody's to give back. */
function givenBack(rows: readonly ReservationRow[], surplus: number): readonly Change[] {
  let left = surplus
  return byAge(rows).flatMap((before): readonly Change[] => {
    const units = Math.min(left, before.confirmed)
    if (units <= 0) return []
    left -= units
    return [{ ...cancel(before, units), before, occurredAt: null }]
  })
}

function unitsBack({ before, after }: Change): number {
  return after.released - (before?.released ?? 0)
}

/** @returns the newest first */
function byAge(rows: readonly ReservationRow[]): readonly ReservationRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? 1 : -1))
}

function newestOf(rows: readonly ReservationRow[]): ReservationRow | undefined {
  return byAge(rows)[0]
}

type More = { readonly lineId: string; readonly variantId: string; readonly quantity: number }

/**
 * Where the other units are, so that nothing more is sent than before; else wherever they may be promised from, but of what is
 * collected, which is there or nowhere.
 */
function placeMore(
  more: More,
  { channelId, method, locationId }: ReservationRow,
  state: SectionState,
): { readonly parts: readonly Part[]; readonly shortfall: Shortfall | null } {
  const promisable = state.promisable(more.variantId, { channelId, method })
  const there: Where = { only: locationId, placed: locationId !== null }
  const collected = method === 'PICKUP' || method === 'LOCKER'
  const anywhere: Where = collected ? there : { ...there, only: null }
  const place = (quantity: number, where: Where) => placeDemand([{ ...more, quantity }], [], () => promisable, where)
  const first = place(more.quantity, there)
  const placement = first.kind === 'placed' ? first : place(more.quantity, anywhere)
  if (placement.kind === 'placed') return { parts: placement.parts, shortfall: null }
  const available = availableIn(promisable, anywhere)
  const { variantId, quantity: requested } = more
  const shortfall = { variantId, requested, available, alternatives: promisable.byLocation.slice(0, mostAlternatives) }
  return { parts: placeSome(available, (quantity) => place(quantity, anywhere)), shortfall }
}

const mostAlternatives = 10

function placeSome(available: number, place: (quantity: number) => ReturnType<typeof placeDemand>): readonly Part[] {
  if (available <= 0) return []
  const placement = place(available)
  return placement.kind === 'placed' ? placement.parts : []
}

/** Held and confirmed at once, like the others of its order: owner, channel and method. */
function keep(
  { lineId, variantId, locationId, quantity }: Part,
  like: ReservationRow,
  orderId: string,
  state: SectionState,
  ids: IdMinter,
): readonly Change[] {
  const untouched = { confirmed: 0, consumed: 0, released: 0, expired: 0, allocated: 0, extensions: 0 }
  const held: ReservationRow = {
    ...like,
    ...untouched,
    ...state.times(secondsToConfirm),
    ...{ id: `rsv_${ids.ulid()}`, lineId, variantId, locationId, quantity, held: quantity },
    ...{ substitutedFor: null, orderId: null, version: 1 },
  }
  const confirmed = confirm(held, null, orderId, state.now)
  if (!('change' in confirmed)) throw new TypeError('Cannot confirm what was held a moment ago')
  return [
    { change: 'held', before: null, after: held, occurredAt: null },
    { ...confirmed, before: held, occurredAt: null },
  ]
}

/** Nothing is held past this moment; a reservation says until when it would be. */
const secondsToConfirm = 60
