import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import { type TermBody, type termEvents, termSchemas } from '../term-schemas.ts'

type TermEvent = EventOf<typeof termEvents>
type Allocation = TermBody<'channel-allocation'>

/**
 * Completes what is told of quotas: how much was sold, and as of when. A word that does not say how much leaves what was said before,
 * and counting goes on, as long as it is about the same quota and that has not ended.
 * @param events of one source in the order they were told
 */
export async function withConsumed(queryable: Queryable, events: readonly TermEvent[]): Promise<readonly TermEvent[]> {
  const silent = events.flatMap(({ type, data }) =>
    type === allocationChanged && data.consumed === null ? [data.termId] : [],
  )
  const before = silent.length === 0 ? new Map<string, Allocation>() : await readAllocations(queryable, silent)
  return events.map((event) => {
    const { termId } = event.data
    if (event.type !== allocationChanged) {
      before.delete(termId)
      return event
    }
    const data = { ...event.data, ...saidOf(event.data, before.get(termId)) }
    before.set(termId, data)
    return { ...event, data }
  })
}

const allocationChanged = 'retail.inventory.channel-allocation-changed.v1'

type Told = Extract<TermEvent, { readonly type: typeof allocationChanged }>['data']

function saidOf(told: Told, before: Allocation | undefined): Pick<Allocation, 'consumed' | 'consumedAt'> {
  const at = told.origin.occurredAt ?? told.origin.receivedAt
  if (told.consumed !== null) {
    const { consumed, consumedAt } = told
    return { consumed, consumedAt: consumedAt !== null && consumedAt < at ? consumedAt : at }
  }
  if (before === undefined || !isSameQuota(before, told) || (before.validTo !== null && before.validTo <= at)) {
    return { consumed: 0, consumedAt: at }
  }
  const { consumed, consumedAt } = before
  return { consumed, consumedAt }
}

function isSameQuota(one: Allocation, other: Allocation): boolean {
  return (
    one.mode === 'RING_FENCED' &&
    other.mode === 'RING_FENCED' &&
    one.channelId === other.channelId &&
    one.variantId === other.variantId &&
    one.category === other.category
  )
}

async function readAllocations(queryable: Queryable, ids: readonly string[]): Promise<Map<string, Allocation>> {
  const { rows } = await queryable.query<{ id: string; data: unknown }>(
    `SELECT id, data FROM inventory.terms WHERE id = ANY($1) AND kind = 'channel-allocation' AND NOT withdrawn`,
    [ids],
  )
  return new Map(
    rows.flatMap(({ id, data }): readonly [string, Allocation][] => {
      const body = termSchemas['channel-allocation'].safeParse(data).data
      return body === undefined ? [] : [[id, body]]
    }),
  )
}
