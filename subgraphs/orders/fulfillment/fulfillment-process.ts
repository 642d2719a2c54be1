import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import { ordersEvents } from '../events.ts'
import { decisionEvents, reportEvents } from './fulfillment-events.ts'
import { lockFulfillment, readFulfillment, writeFulfillment } from './fulfillment-store.ts'
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
      const words = recorded.flatMap(wordsOf)
      if (words.length === 0) return []
      await lockFulfillment(
        transaction,
        words.map(({ orderId }) => orderId),
      )
      const decided: NewEvent[] = []
      for (const [tenant, own] of groupBy(words, (word) => word.tenant)) {
        const orderIds = [...new Set(own.map(({ orderId }) => orderId))]
        const known = await readFulfillment(transaction, tenant, orderIds)
        let at = own[0]
        const telling = createTelling(
          () => causeOf(at),
          (event) => decided.push(event),
        )
        const followers = new Map(known.map((one) => [one.orderId, followFulfillment(one, telling, mintId)]))
        for (const word of own) {
          at = word
          const follower = followers.get(word.orderId)
          if (follower !== undefined) word.take(follower)
        }
        await writeFulfillment(
          transaction,
          [...followers.values()].map((follower) => follower.result()),
        )
      }
      return decided
    },
  }
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
