import { groupBy } from '../../../platform/group-by.ts'
import { type AvailabilityInput, kitNumbersOf, madeUpOf, noNumbers, sharedAllocation } from '../availability.ts'
import type { Method } from '../network.ts'
import { nothingPromised, type PromiseAnswer } from '../promise.ts'
import type { Sold } from '../quota.ts'
import type { PositionRow } from '../reads.ts'
import type { Change } from './command.ts'
import type { Hold } from './holds.ts'
import { liveUnits, type Owner, type ReservationRow, type Times, timesOf } from './legs.ts'
import type { KitDemand, KitOf, KitPromisable, Promisable } from './place.ts'

/** What one atomic section has read under its locks, and what its decisions have made of it so far. */
export type SectionState = {
  /** The database's clock, once for the whole section. */
  readonly now: Date
  /** Of what is reserved now for so long. */
  times(ttlSeconds: number): Times
  /** Nothing in a channel there is not. */
  promisable(variantId: string, question: Question): Promisable
  /** As `promisable`, of a kit as its components and its own rules allow. */
  kit(kit: KitDemand, question: Question): KitPromisable
  /** When so many can be had, of what is here and what is yet to come. */
  promise(variantId: string, question: Question, quantity: number): PromiseAnswer
  /** Units of a variant that other channels have for themselves and have not sold. */
  fenced(variantId: string, question: Question): number
  reservation(id: string): ReservationRow | null
  /** What an owner still holds, of variants the section has locked. */
  heldBy(tenant: string, owner: Owner): readonly ReservationRow[]
  apply(change: Change): void
  undo(change: Change): void
}

export type Question = { readonly channelId: string; readonly method: Method }

/**
 * The availability formula over rows of the section, for whatever is held as it decides; null: no such channel.
 * @param kitId the kit that the variant is taken as a component of
 */
export type Admission = (
  variantId: string,
  positions: readonly PositionRow[],
  question: Question,
  now: Date,
  kitId: string | null,
) => Formula | null

export type Formula = {
  /** What the numbers are made of. */
  readonly input: (holds: readonly Hold[], sold: readonly Sold[]) => AvailabilityInput
  readonly numbers: (holds: readonly Hold[], sold: readonly Sold[]) => Promisable
  /** @param numbers as the formula gave them */
  readonly promise: (quantity: number, numbers: Promisable) => PromiseAnswer
  /** Fenced in for other channels. */
  readonly fenced: (holds: readonly Hold[], sold: readonly Sold[]) => number
}

export type SectionRows = {
  readonly now: Date
  readonly locked: ReadonlySet<string>
  readonly positions: ReadonlyMap<string, readonly PositionRow[]>
  readonly holds: ReadonlyMap<string, readonly Hold[]>
  readonly sold: readonly Sold[]
  readonly reservations: readonly ReservationRow[]
}

export function createSectionState(rows: SectionRows, admission: Admission): SectionState {
  const { now, locked } = rows
  const reservations = new Map(rows.reservations.map((row) => [row.id, row]))
  const owned = new Map<string, string[]>()
  const live = new Map<string, Map<string, Counted>>()
  const sold = groupBy(
    rows.sold.map((one): Selling => ({ ...one })),
    ({ variantId }) => variantId,
  )
  const timesByTtl = new Map<number, Times>()
  const formulas = new Map<string, Known[]>()
  for (const [variantId, holds] of rows.holds)
    for (const { locationId, channelId, units, hasLeft } of holds) add(variantId, locationId, channelId, units, hasLeft)
  for (const row of rows.reservations) own(row)

  function add(variantId: string, locationId: string | null, channelId: string, units: number, hasLeft: boolean): void {
    const holds = live.get(variantId) ?? new Map<string, Counted>()
    if (holds.size === 0) live.set(variantId, holds)
    const key = `${locationId ?? ''} ${channelId} ${hasLeft}`
    const known = holds.get(key)
    if (known === undefined) holds.set(key, { locationId, channelId, units, hasLeft })
    else known.units += units
  }

  function own({ id, tenant, owner }: ReservationRow): void {
    const key = ownerKey(tenant, owner)
    const ids = owned.get(key)
    if (ids === undefined) owned.set(key, [id])
    else ids.push(id)
  }

  function count(reservation: ReservationRow | null, sign: 1 | -1): void {
    if (reservation === null) return
    const { variantId, locationId, channelId } = reservation
    const units = sign * liveUnits(reservation, now)
    add(variantId, locationId, channelId, units, false)
    if (reservation.kit !== undefined) countKit(reservation, reservation.kit, units, null)
  }

  function countIssue(change: Change, sign: 1 | -1): void {
    const { after, occurredAt } = change
    const { variantId, locationId, channelId } = after
    const units = issuedUnits(change)
    if (units === 0) return
    const leftAt = occurredAt ?? now.toISOString()
    // What comes back of a quota after it left is there for the next section, which reads since when it was gone.
    for (const one of sold.get(variantId) ?? []) {
      if (one.channelId === channelId && leftAt > one.since) one.units += sign * units
    }
    if (after.kit !== undefined) countKit(after, after.kit, sign * units, leftAt)
    if (locationId !== null && !isCounted(rows, after, leftAt))
      add(variantId, locationId, channelId, sign * units, true)
  }

  /** A quota of a kit counts what is kept as well. @param leftAt null: they are kept */
  function countKit({ channelId }: ReservationRow, kit: KitOf, units: number, leftAt: string | null): void {
    for (const one of sold.get(kit.kitId) ?? []) {
      if (one.channelId === channelId && (leftAt === null || leftAt > one.since)) one.units += units / kit.units
    }
  }

  /** Made once: only what is held changes while a section decides. */
  function formulaOf(variantId: string, question: Question, kitId: string | null = null): Formula {
    const { channelId, method } = question
    const ofVariant = formulas.get(variantId) ?? []
    const known = ofVariant.find(
      (one) => one.question.channelId === channelId && one.question.method === method && one.kitId === kitId,
    )
    if (known !== undefined) return known.formula
    const formula = admission(variantId, rows.positions.get(variantId) ?? [], question, now, kitId) ?? noChannel
    ofVariant.push({ question, kitId, formula })
    formulas.set(variantId, ofVariant)
    return formula
  }

  const holdsOf = (variantId: string) => [...(live.get(variantId)?.values() ?? [])]
  const numbersOf = (variantId: string, { numbers }: Formula) => numbers(holdsOf(variantId), sold.get(variantId) ?? [])
  const inputOf = (variantId: string, { input }: Formula) => input(holdsOf(variantId), sold.get(variantId) ?? [])

  return {
    now,
    times(ttlSeconds) {
      const known = timesByTtl.get(ttlSeconds) ?? timesOf(ttlSeconds, now)
      timesByTtl.set(ttlSeconds, known)
      return known
    },
    promisable: (variantId, question) => numbersOf(variantId, formulaOf(variantId, question)),
    kit({ kitId, components, together }, question) {
      const parts = components.map(({ variantId, units }) => ({
        units,
        input: inputOf(variantId, formulaOf(variantId, question, kitId)),
      }))
      const madeUp = madeUpOf(parts, together)
      const { allocation } = inputOf(kitId, formulaOf(kitId, question))
      return { ...kitNumbersOf(madeUp, allocation), parts: madeUp.parts }
    },
    promise(variantId, question, quantity) {
      const formula = formulaOf(variantId, question)
      return formula.promise(quantity, numbersOf(variantId, formula))
    },
    fenced: (variantId, question) =>
      formulaOf(variantId, question).fenced(holdsOf(variantId), sold.get(variantId) ?? []),
    reservation: (id) => reservations.get(id) ?? null,
    heldBy: (tenant, owner) =>
      (owned.get(ownerKey(tenant, owner)) ?? []).flatMap((id) => {
        const row = reservations.get(id)
        return row !== undefined && row.held > 0 && locked.has(row.variantId) ? [row] : []
      }),
    apply(change) {
      const { before, after } = change
      count(before, -1)
      count(after, 1)
      countIssue(change, 1)
      reservations.set(after.id, after)
      if (before === null) own(after)
    },
    undo(change) {
      const { before, after } = change
      count(after, -1)
      count(before, 1)
      countIssue(change, -1)
      // An owner's list may still name what was not made after all: there is no row of it.
      if (before === null) reservations.delete(after.id)
      else reservations.set(before.id, before)
    },
  }
}

type Known = { readonly question: Question; readonly kitId: string | null; readonly formula: Formula }
type Counted = Omit<Hold, 'units'> & { units: number }
type Selling = Omit<Sold, 'units'> & { units: number }

function ownerKey(tenant: string, { kind, id }: Owner): string {
  return `${kind} ${tenant.length} ${tenant} ${id}`
}

const noChannel: Formula = {
  input: () => ({ locations: [], unplaced: 0, allocation: sharedAllocation }),
  numbers: () => noNumbers,
  promise: () => nothingPromised,
  fenced: () => 0,
}

/**
 * Units that count here no more, though no count of the source may know it yet: they left the shelf, or its `committed` is to
 * stand for them.
 */
export function issuedUnits({ change, before, after }: Change): number {
  if (before === null || (change !== 'consumed' && change !== 'allocated')) return 0
  return after.consumed - before.consumed + after.allocated - before.allocated
}

/** Whether the position was counted after the units left, so that its numbers are without them. */
function isCounted(rows: SectionRows, { variantId, locationId }: ReservationRow, leftAt: string): boolean {
  const position = rows.positions.get(variantId)?.find((row) => row.locationId === locationId)
  return position !== undefined && countedAtOf(position) >= leftAt
}

export function countedAtOf({ occurredAt, receivedAt }: PositionRow): string {
  return occurredAt ?? receivedAt
}
