import type { OrderChange } from '../order-change.ts'
import type { DemandLine } from '../order-demand.ts'
import type { EditDecision, EditShortfall, editRefusalReasons, editRequestStates } from './edit-events.ts'

/** A line as it is asked for; one that is to be added has the SKU that its variant is known by. */
export type AskedLine = DemandLine & { readonly sku: string | null }

/** JSON values only: it is kept as a document. */
export type KeptEditRequest = {
  readonly id: string
  readonly orderId: string
  readonly channelId: string
  /** Of the order it was meant for. */
  readonly orderVersion: number
  readonly state: (typeof editRequestStates)[number]
  readonly reason: string
  readonly requestedBy: string
  readonly requestedAt: string
  readonly changes: readonly OrderChange[]
  readonly before: readonly DemandLine[]
  readonly after: readonly AskedLine[]
  /** Whether the log has come to it: what was said before is older than it, whenever it is read. */
  readonly isRead: boolean
  /** What the channel's system said of the order since, while stock had not decided. */
  readonly heard: readonly ChannelWord[]
  /** Since when systems are told; null: they are not. */
  readonly proposedAt: string | null
  readonly settledAt: string | null
  readonly system: string | null
  readonly refusal: {
    readonly reason: (typeof editRefusalReasons)[number]
    readonly shortfalls: readonly EditShortfall[]
  } | null
  readonly withdrawal: { readonly reason: string; readonly withdrawnBy: string } | null
}

/** Another demand of an order, as its own system says. */
export type ChannelWord = {
  readonly before: readonly DemandLine[]
  readonly after: readonly DemandLine[]
  readonly system: string
}

/** How long the channel's system may take to say that it knows, before it counts as overdue. */
export const confirmWithinSeconds = 15 * 60

/** A source that flaps while stock is away says no more than its newest words. */
const mostHeard = 20

/** What stock made of it, and what the channel's system has said meanwhile. */
export function decide(edit: KeptEditRequest, decision: EditDecision, at: string): readonly KeptEditRequest[] {
  if (edit.state !== 'REQUESTED') return []
  if (decision.type === 'retail.inventory.order-edit-refused.v1') {
    const { reason, shortfalls } = decision.data
    return [{ ...edit, state: 'REFUSED', settledAt: at, heard: [], refusal: { reason, shortfalls } }]
  }
  const named = new Map(decision.data.named.map(({ lineId, variantId }) => [lineId, variantId]))
  const after = edit.after.map((line) => ({ ...line, variantId: line.variantId ?? named.get(line.lineId) ?? null }))
  const changes = edit.changes.map((change) =>
    change.kind === 'LINE_ADDED' ? { ...change, variantId: named.get(change.lineId) ?? change.variantId } : change,
  )
  const proposed: KeptEditRequest = { ...edit, state: 'PENDING', proposedAt: at, after, changes, heard: [] }
  const steps = [proposed]
  for (const word of edit.heard) steps.push(...hear(steps.at(-1) ?? proposed, word, at))
  return steps
}

/**
 * The channel's system says what the order is: as asked for, in one step or several, or otherwise. What the edit did not ask to
 * change is nobody's concern here.
 * @returns the steps it takes by it, each to be told; or what is to be kept of it alone
 */
export function hear(edit: KeptEditRequest, word: ChannelWord, at: string): readonly KeptEditRequest[] {
  if (!edit.isRead) return []
  if (edit.state === 'REQUESTED') return [{ ...edit, heard: [...edit.heard, word].slice(-mostHeard) }]
  if (edit.state !== 'PENDING') return []
  const [was, asked] = [unitsOf(edit.before), unitsOf(edit.after)]
  const [said, says] = [unitsOf(word.before), unitsOf(word.after)]
  const concerned = [...new Set([...was.keys(), ...asked.keys()])].filter((item) => was.get(item) !== asked.get(item))
  const settled = { settledAt: at, system: word.system }
  const isOtherwise = concerned.some((item) => says.get(item) !== said.get(item) && says.get(item) !== asked.get(item))
  if (isOtherwise) {
    const after = word.after.map((line) => ({ ...line, sku: null }))
    return [{ ...edit, ...settled, state: 'SUPERSEDED', before: edit.after, after }]
  }
  if (concerned.every((item) => says.get(item) === asked.get(item)))
    return [{ ...edit, ...settled, state: 'CONFIRMED' }]
  return []
}

/** By variant: whoever takes an edit up names its lines as it likes. What is unknown to the catalogue goes by its line. */
export function unitsOf(
  lines: readonly (DemandLine & { readonly sku?: string | null })[],
): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const { lineId, variantId, sku, quantity } of lines) {
    const item = variantId ?? (sku == null ? `line ${lineId}` : `sku ${sku}`)
    units.set(item, (units.get(item) ?? 0) + quantity)
  }
  return units
}

/** Since when somebody is to answer; null: nobody is. */
export function openSinceOf({ state, requestedAt, proposedAt }: KeptEditRequest): string | null {
  if (state === 'REQUESTED') return requestedAt
  return state === 'PENDING' ? (proposedAt ?? requestedAt) : null
}
