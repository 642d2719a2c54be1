import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { demandEvents } from '../order-demand.ts'
import { editDecisionEvents, editRequestEvents } from './edit-events.ts'
import { decide, hear, type KeptEditRequest } from './edit-request.ts'
import { lockOpenEdits, writeEdits } from './edit-store.ts'
import { type Cause, toEditEvent } from './tell-edit.ts'

const requested = 'retail.order.edit-requested.v1'

/** What one event says of an order whose edit is open. */
type Word = {
  readonly tenant: string
  readonly orderId: string
  readonly recorded: RecordedEvent
  /** @returns the steps an edit takes by it */
  readonly take: (edit: KeptEditRequest) => readonly KeptEditRequest[]
}

/** Takes edits further by what stock decides and the channel's system says: each step in the transaction of the process's checkpoint. */
export const editProcess: Process = {
  name: 'orders.edit-requests',
  types: [requested, ...Object.keys(demandEvents), ...Object.keys(editDecisionEvents)],
  async decide(transaction, recorded) {
    const decided: NewEvent[] = []
    for (const [tenant, words] of groupBy(recorded.flatMap(wordsOf), (word) => word.tenant)) {
      decided.push(...(await takeFurther(transaction, tenant, words)))
    }
    return decided
  },
}

async function takeFurther(
  transaction: Transaction,
  tenant: string,
  words: readonly Word[],
): Promise<readonly NewEvent[]> {
  const open = new Map(await lockOpenEdits(transaction, tenant, [...new Set(words.map(({ orderId }) => orderId))]))
  const changed = new Map<string, KeptEditRequest>()
  const told: NewEvent[] = []
  for (const { orderId, recorded, take } of words) {
    const before = open.get(orderId)
    if (before === undefined) continue
    let state = before.state
    for (const edit of take(before)) {
      open.set(orderId, edit)
      changed.set(edit.id, edit)
      if (edit.state !== state) told.push(toEditEvent(edit, causeOf(tenant, recorded)))
      state = edit.state
    }
  }
  await writeEdits(transaction, [...changed.values()])
  return told
}

function wordsOf(recorded: RecordedEvent): readonly Word[] {
  const [, , tenant = ''] = recorded.source.split('/')
  const decision = parseEvent(editDecisionEvents, recorded)
  if (decision !== null) {
    const { orderId, editId } = decision.data
    const take: Word['take'] = (edit) => (edit.id === editId ? decide(edit, decision, recorded.time) : [])
    return [{ tenant, orderId, recorded, take }]
  }
  const begun = parseEvent(editRequestEvents, recorded)
  if (begun !== null) {
    const { orderId, editId } = begun.data
    return [{ tenant, orderId, recorded, take: (edit) => (edit.id === editId ? [{ ...edit, isRead: true }] : []) }]
  }
  const said = parseEvent(demandEvents, recorded)
  if (said === null) return []
  const { orderId, before, after, origin } = said.data
  const word = { before, after, system: origin.system }
  return [{ tenant, orderId, recorded, take: (edit) => hear(edit, word, recorded.time) }]
}

function causeOf(tenant: string, { id, time, correlationId }: RecordedEvent): Cause {
  return { tenant, time, correlationId: correlationId ?? null, causationId: id }
}
