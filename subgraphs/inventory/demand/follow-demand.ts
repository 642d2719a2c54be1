import { groupBy } from '../../../platform/group-by.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Change } from '../reservations/command.ts'
import { cancel, confirm, type ReservationRow } from '../reservations/legs.ts'
import type { KitDemand, Part, Shortfall } from '../reservations/place.ts'
import type { SectionState } from '../reservations/section-state.ts'
import { placeMore, placeMoreKits } from './place-more.ts'

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
/** What a variant is kept as: itself, or what a kit is made of; `together`: each of it leaves from one place. */
export type KeptAs = { readonly components: readonly Component[]; readonly together: boolean }
export type KeptAsOf = (variantId: string) => KeptAs

export type Following = {
  readonly keptAsOf: KeptAsOf
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
  { keptAsOf, ids, pinned, short }: Following,
): Followed {
  const [wanted, wants] = [unitsOf(before, keptAsOf), unitsOf(after, keptAsOf)]
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
    const surplus = own.reduce((sum, { confirmed, consumed }) => sum + confirmed + consumed, -quantity)
    const back = givenBack(
      own.filter(({ id }) => !pinned.has(id)),
      surplus,
    )
    for (const change of back) take(change)
    const isStuck = back.reduce((left, change) => left - unitsBack(change), surplus) > 0
    return { variantId, own, wanted: quantity, missing: Math.max(0, -surplus), isStuck }
  })
  const shortfalls: Shortfall[] = []
  const missing = new Map(open.map((one) => [one.variantId, one.missing]))
  const put = (parts: readonly Part[], like: ReservationRow): void => {
    for (const part of parts) for (const change of keep(part, like, orderId, state, ids)) take(change)
  }
  const apart = new Map<string, number>()
  for (const kitId of new Set(after.flatMap((line) => line.variantId ?? []))) {
    const kit = moreOfKit(kitId, { before, after }, keptAsOf(kitId), missing)
    if (kit === null) continue
    const like = newestOf(kit.components.flatMap(({ variantId }) => kept.get(variantId) ?? [])) ?? newestOf(rows)
    if (like === undefined) continue
    const placed = placeMoreKits(kit, like, state)
    put(placed.parts, like)
    shortfalls.push(...placed.shortfalls)
    for (const { variantId, units: each } of kit.components) {
      const units = each * kit.sets
      missing.set(variantId, (missing.get(variantId) ?? 0) - units)
      apart.set(variantId, (apart.get(variantId) ?? 0) + units - sumOf(placed.parts, variantId))
    }
  }
  const units = open.map(({ variantId, own, wanted: quantity }): Missing => {
    const like = newestOf(own) ?? newestOf(rows)
    const [left, unmade] = [missing.get(variantId) ?? 0, apart.get(variantId) ?? 0]
    if (left === 0 || like === undefined) return { variantId, wanted: quantity, missing: left + unmade }
    const lineId = after.find((line) => unitsOfLine(line, keptAsOf).has(variantId))?.lineId ?? like.lineId
    const placed = placeMore({ lineId, variantId, quantity: left }, like, state)
    put(placed.parts, like)
    if (quantity > (wanted.get(variantId) ?? 0)) shortfalls.push(...placed.shortfalls)
    return { variantId, wanted: quantity, missing: unmade + left - sumOf(placed.parts, variantId) }
  })
  const stuck = open.flatMap(({ variantId, isStuck }) => (isStuck ? [variantId] : []))
  return { changes, units, wants: new Set(wants.keys()), shortfalls, stuck }
}

/** By variant, kits as what they are made of. */
function unitsOf(lines: readonly DemandLine[], keptAsOf: KeptAsOf): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const line of lines) {
    for (const [variantId, quantity] of unitsOfLine(line, keptAsOf)) {
      units.set(variantId, (units.get(variantId) ?? 0) + quantity)
    }
  }
  return units
}

function unitsOfLine({ variantId, quantity }: DemandLine, keptAsOf: KeptAsOf): ReadonlyMap<string, number> {
  if (variantId === null) return new Map()
  return new Map(keptAsOf(variantId).components.map((one) => [one.variantId, one.quantity * quantity]))
}

/** Of a kit that leaves from one place: as many as there are to be more and all components are missing for. @returns null for none */
function moreOfKit(
  kitId: string,
  { before, after }: Pick<Demand, 'before' | 'after'>,
  { components: made, together }: KeptAs,
  missing: ReadonlyMap<string, number>,
): KitDemand | null {
  if (!together) return null
  const setsIn = (lines: readonly DemandLine[]) =>
    lines.reduce((sum, line) => (line.variantId === kitId ? sum + line.quantity : sum), 0)
  const components = made.map(({ variantId, quantity: units }) => ({ variantId, units }))
  const most = components.map(({ variantId, units }) => Math.floor((missing.get(variantId) ?? 0) / units))
  const sets = Math.min(setsIn(after) - setsIn(before), ...most)
  const lineId = after.find(({ variantId }) => variantId === kitId)?.lineId ?? ''
  return sets > 0 ? { lineId, kitId, sets, together, components } : null
}

function sumOf(parts: readonly Part[], variantId: string): number {
  return parts.reduce((sum, part) => (part.variantId === variantId ? sum + part.quantity : sum), 0)
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

/** Held and confirmed at once, like the others of its order: owner, channel and method. */
function keep(
  { lineId, variantId, locationId, quantity, kit }: Part,
  like: ReservationRow,
  orderId: string,
  state: SectionState,
  ids: IdMinter,
): readonly Change[] {
  const untouched = { confirmed: 0, consumed: 0, released: 0, expired: 0, allocated: 0, extensions: 0 }
  const { kit: _, ...common } = like
  const held: ReservationRow = {
    ...common,
    ...untouched,
    ...state.times(secondsToConfirm),
    ...{ id: `rsv_${ids.ulid()}`, lineId, variantId, locationId, quantity, held: quantity },
    // What is kept beside units that are to come waits with them.
    ...{ substitutedFor: null, promise: locationId === null ? like.promise : null, orderId: null, version: 1 },
    ...(kit === undefined ? {} : { kit }),
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
