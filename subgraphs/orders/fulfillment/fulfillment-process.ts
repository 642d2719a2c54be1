import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { ordersEvents } from '../events.ts'
import { decisionEvents, reportEvents } from './fulfillment-events.ts'
import { lockFulfillment, writeFulfillment } from './fulfillment-store.ts'
import { type FulfillmentFollower, followFulfillment } from './order-fulfillment.ts'
import { orderedOf, reservationsChanged } from './reservation-changes.ts'
import { type Cause, createTelling } from './telling.ts'

const dispatched = 'retail.shipment.dispatched.v1'

/** What one event says of one order. */
type Word = {
  readonly tenant: string
  readonly orderId: string
  readonly recorded: RecordedEvent
  readonly take: (follower: FulfillmentFollower) => void
}

/**
 * Makes fulfilment orders of what is reserved for orders, follows what locations say of them, and takes reroutes further: every
 * step in the transaction of the process's checkpoint. @param mintId `ful_…`
 */
export function createFulfillmentProcess(mintId: () => string): Process {
  return {
    name: 'orders.fulfillment',
    types: [reservationsChanged, ...Object.keys(decisionEvents), ...Object.keys(reportEvents), dispatched],
    async decide(transaction, recorded) {
      const decided: NewEvent[] = []
      const byTenant = groupBy(recorded.flatMap(wordsOf), ({ tenant }) => tenant)
      for (const [tenant, words] of byTenant) {
        const byOrder = [...groupBy(words, ({ orderId }) => orderId)]
        for (let at = 0; at < byOrder.length; at += mostOrders) {
          const some = byOrder.slice(at, at + mostOrders)
          await decideSome(transaction, tenant, new Map(some), mintId, (event) => decided.push(event))
        }
      }
      return decided
    },
  }
}

/** Orders that are read and written at once: one event tells of up to 128, and a batch is of up to 1,000 events. */
const mostOrders = 1_000

/** Each order's words one after the other; of different orders none needs to wait for another. */
async function decideSome(
  transaction: Transaction,
  tenant: string,
  byOrder: ReadonlyMap<string, readonly Word[]>,
  mintId: () => string,
  tell: (event: NewEvent) => void,
): Promise<void> {
  const known = await lockFulfillment(transaction, tenant, [...byOrder.keys()])
  const after = known.map((one) => {
    const words = byOrder.get(one.orderId) ?? []
    let at = words[0]
    const telling = createTelling(() => causeOf(at), tell)
    const follower = followFulfillment(one, telling, mintId)
    for (const word of words) {
      at = word
      word.take(follower)
    }
    return follower.result()
  })
  await writeFulfillment(transaction, after)
}

function wordsOf(recorded: RecordedEvent): readonly Word[] {
  const [, , tenant = ''] = recorded.source.split('/')
  const word = (orderId: string, take: Word['take']): Word => ({ tenant, orderId, recorded, take })
  if (recorded.type === reservationsChanged) {
    // What a reroute moved is told by its own answer, which says where everything went at once.
    if (recorded.causationId !== undefined) return []
    return orderedOf(recorded).map((one) => word(one.orderId, (follower) => follower.reserve(one)))
  }
  const decision = parseEvent(decisionEvents, recorded)
  if (decision !== null) return [word(decision.data.orderId, (follower) => follower.decide(decision))]
  const report = parseEvent(reportEvents, recorded)
  if (report !== null) return [word(report.data.orderId, (follower) => follower.report(report.data))]
  const sent = parseEvent(ordersEvents, recorded)
  if (sent?.type !== dispatched || sent.data.locationId === null) return []
  const { locationId, orderId, origin } = sent.data
  return [word(orderId, (follower) => follower.dispatched(locationId, origin.system))]
}

function causeOf(word: Word | undefined): Cause {
  const { tenant = '', recorded } = word ?? {}
  return {
    tenant,
    time: recorded?.time ?? '',
    authority: recorded !== undefined && recorded.type in reportEvents ? recorded.authority : 'storeloom',
    correlationId: recorded?.correlationId ?? null,
    causationId: recorded?.id ?? null,
  }
}
