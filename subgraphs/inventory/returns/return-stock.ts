import type { Bucket } from '../ledger/movement-events.ts'

/**
 * Units of one variant that a return brought to one location. JSON values only: it is kept as a document. Only ever added to, so that
 * what follows from it depends on no order of arrival.
 */
export type ReturnStock = {
  readonly receipts: readonly Told[]
  readonly placements: readonly (Told & { readonly bucket: Bucket })[]
  /** What the location's own system moved for the return, by event. */
  readonly theirs: readonly Theirs[]
}

type Told = {
  readonly id: string
  readonly quantity: number
  readonly at: string
  /** Units of it that are in the ledger by a movement of ours. */
  readonly applied: number
}

export type Theirs = {
  readonly eventId: string
  /** Units it took in, wherever it put them; negative: took back. */
  readonly received: number
  /** Of these, those it put on hold. */
  readonly held: number
  /** Units it took from hold. */
  readonly disposed: number
}

/** Units of ours to go where they belong, or, where negative, to be taken back. */
export type Move = {
  readonly id: string
  readonly from: Bucket | null
  readonly to: Bucket
  readonly units: number
  readonly at: string
}

export const noReturnStock: ReturnStock = { receipts: [], placements: [], theirs: [] }

/**
 * What of ours belongs in the ledger. The location's system is the truth of its stock: what it tells of the return stands, and ours
 * fills up what it has not told (yet). So the same units count once, whoever tells them first; and what it put elsewhere than on
 * hold is not placed by us.
 */
export function settleReturnStock(stock: ReturnStock): {
  readonly after: ReturnStock
  readonly moves: readonly Move[]
} {
  const sum = (part: 'received' | 'held' | 'disposed') =>
    Math.max(
      0,
      stock.theirs.reduce((total, one) => total + one[part], 0),
    )
  const disposed = sum('disposed')
  const receipts = leaveOut(stock.receipts, sum('received'))
  const held = receipts.reduce((total, { wanted }) => total + wanted, 0) + sum('held')
  let free = Math.max(0, held - disposed)
  const placements = leaveOut(stock.placements, disposed).map((one) => {
    const wanted = Math.min(one.wanted, free)
    free -= wanted
    return { ...one, wanted }
  })
  const moves = [
    ...receipts.map((one) => toMove(one, null, 'RETURN_HOLD')),
    ...placements.map((one) => toMove(one, 'RETURN_HOLD', one.bucket)),
  ]
  const after = { ...stock, receipts: receipts.map(applied), placements: placements.map(applied) }
  return { after, moves: moves.filter(({ units }) => units !== 0) }
}

/** What a location's system last said of a position as a whole. */
export type Snapshot = { readonly at: string; readonly returnHold: number }

/**
 * How many units of a receipt are ours to place. Those that a snapshot took over since they came in are where the location's system
 * says: of them only what it has on hold.
 */
export function placeableUnits(stock: ReturnStock, receiptId: string, snapshot: Snapshot | null): number {
  const receipt = stock.receipts.find(({ id }) => id === receiptId)
  if (receipt === undefined || snapshot === null || snapshot.at < receipt.at) return Number.POSITIVE_INFINITY
  const since = stock.placements.filter(({ at }) => at > snapshot.at)
  return Math.max(0, snapshot.returnHold - since.reduce((sum, { quantity }) => sum + quantity, 0))
}

/** The earliest of ours are those that were told already. */
function leaveOut<T extends Told>(all: readonly T[], told: number): readonly (T & { readonly wanted: number })[] {
  let left = told
  return all.map((one) => {
    const out = Math.min(one.quantity, left)
    left -= out
    return { ...one, wanted: one.quantity - out }
  })
}

function toMove(one: Told & { readonly wanted: number }, from: Bucket | null, to: Bucket): Move {
  return { id: one.id, from, to, units: one.wanted - one.applied, at: one.at }
}

function applied<T extends Told & { readonly wanted: number }>({ wanted, ...told }: T): Omit<T, 'wanted'> {
  return { ...told, applied: wanted }
}
