import {
  allowedSteps,
  awaitedOf,
  creditedOf,
  type Disposition,
  type KeptReturn,
  type KeptReturnLine,
  onHoldOf,
  type ReceiptOutcome,
  type ReturnState,
  type ReturnStep,
  stateOf,
  sumOf,
  takenOf,
} from './return.ts'

export type Limit = { readonly id: string; readonly requested: number; readonly allowed: number }

export type Refused =
  | { readonly kind: 'exceeded'; readonly limits: readonly Limit[] }
  | { readonly kind: 'not-allowed'; readonly state: ReturnState; readonly allowed: readonly ReturnStep[] }

export type Decided = { readonly kind: 'changed'; readonly after: KeptReturn } | Refused

/** What a line of the order has: units that were shipped, and how many of them its own system says came back or are about to. */
export type Returnable = { readonly shipped: number; readonly returning: number }

/**
 * Σ returned ≤ shipped, of each line over all returns of its order. The order's own system may tell of the same units by its own
 * word: whichever says more counts.
 * @returns what may not be asked for; null: all may
 */
export function overReturned(
  asked: readonly { readonly lineId: string; readonly quantity: number }[],
  known: readonly KeptReturn[],
  returnableOf: (lineId: string) => Returnable,
): Refused | null {
  const limits = asked.map(({ lineId, quantity }) => {
    const { shipped, returning } = returnableOf(lineId)
    const taken = known.reduce((sum, one) => sum + takenOf(one, lineId), 0)
    return { id: lineId, requested: quantity, allowed: Math.max(0, shipped - Math.max(taken, returning)) }
  })
  const over = limits.filter(({ requested, allowed }) => requested > allowed)
  return over.length === 0 ? null : { kind: 'exceeded', limits: over }
}

/** @param asked AUTHORIZE, DECLINE or CANCEL */
export function step(before: KeptReturn, asked: 'AUTHORIZE' | 'DECLINE' | 'CANCEL', note: string | null): Decided {
  const refused = refuseStep(before, asked)
  if (refused !== null) return refused
  const authorization = (
    { AUTHORIZE: 'AUTHORIZED', DECLINE: 'DECLINED', CANCEL: 'CANCELLED' } as const satisfies Record<string, string>
  )[asked]
  return { kind: 'changed', after: { ...before, authorization, note, version: before.version + 1 } }
}

export type Arrival = { readonly lineId: string; readonly quantity: number; readonly outcome: ReceiptOutcome }
export type At = { readonly locationId: string; readonly country: string | null; readonly at: string }

/** @param known all returns of the order, this one among them */
export function receive(
  before: KeptReturn,
  arrivals: readonly Arrival[],
  { locationId, country, at }: At,
  known: readonly KeptReturn[],
  mintId: () => string,
): Decided {
  const refused = refuseStep(before, 'RECEIVE')
  if (refused !== null) return refused
  const limits = [...new Set(arrivals.map(({ lineId }) => lineId))].map((id) => ({
    id,
    requested: sumOf(arrivals.filter(({ lineId }) => lineId === id)),
    allowed: sumOf(before.lines.filter(({ lineId }) => lineId === id).map((line) => ({ quantity: awaitedOf(line) }))),
  }))
  const over = limits.filter(({ requested, allowed }) => requested > allowed)
  if (over.length > 0) return { kind: 'exceeded', limits: over }
  const lines = before.lines.map((line) => {
    const all = [...known.filter(({ id }) => id !== before.id), before].flatMap((one) => one.lines)
    let firstUnit = all
      .filter(({ lineId }) => lineId === line.lineId)
      .reduce((sum, other: KeptReturnLine) => sum + creditedOf(other), 0)
    const receipts = arrivals
      .filter(({ lineId }) => lineId === line.lineId)
      .map(({ outcome, quantity }) => {
        const receipt = { id: mintId(), outcome, quantity, locationId, country, at, firstUnit, dispositions: [] }
        if (outcome === 'RECEIVED' || outcome === 'KEPT_BY_CUSTOMER') firstUnit += quantity
        return receipt
      })
    return { ...line, receipts: [...line.receipts, ...receipts] }
  })
  return { kind: 'changed', after: moved(before, lines) }
}

export type Placing = { readonly receiptId: string; readonly quantity: number; readonly disposition: Disposition }

export function dispose(before: KeptReturn, placings: readonly Placing[], at: string, mintId: () => string): Decided {
  const refused = refuseStep(before, 'DISPOSE')
  if (refused !== null) return refused
  const receipts = new Map(before.lines.flatMap((line) => line.receipts.map((one) => [one.id, one] as const)))
  const limits = [...new Set(placings.map(({ receiptId }) => receiptId))].map((id) => {
    const receipt = receipts.get(id)
    const requested = sumOf(placings.filter(({ receiptId }) => receiptId === id))
    return { id, requested, allowed: receipt === undefined ? 0 : onHoldOf(receipt) }
  })
  const over = limits.filter(({ requested, allowed }) => requested > allowed)
  if (over.length > 0) return { kind: 'exceeded', limits: over }
  const lines = before.lines.map((line) => ({
    ...line,
    receipts: line.receipts.map((receipt) => {
      const placed = placings
        .filter(({ receiptId }) => receiptId === receipt.id)
        .map(({ disposition, quantity }) => ({ id: mintId(), disposition, quantity, at }))
      return { ...receipt, dispositions: [...receipt.dispositions, ...placed] }
    }),
  }))
  return { kind: 'changed', after: moved(before, lines) }
}

function moved(before: KeptReturn, lines: readonly KeptReturnLine[]): KeptReturn {
  const version = before.version + 1
  return { ...before, lines, movedVersion: version, version }
}

function refuseStep(before: KeptReturn, asked: ReturnStep): Refused | null {
  const allowed = allowedSteps(before)
  return allowed.includes(asked) ? null : { kind: 'not-allowed', state: stateOf(before), allowed }
}
