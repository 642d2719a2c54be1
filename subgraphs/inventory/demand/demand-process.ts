import type { FreshnessBoard } from '../../../platform/connector/freshness.ts'
import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import { type EventOf, parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Caches } from '../caches.ts'
import { createAdmission, loadTerms, type Terms } from '../reservations/admission.ts'
import type { Change } from '../reservations/command.ts'
import type { ReservationRow } from '../reservations/legs.ts'
import { toReservationEvents } from '../reservations/reservation-events.ts'
import { lockVariants } from '../reservations/section-locks.ts'
import { readSection } from '../reservations/section-read.ts'
import { createSectionState } from '../reservations/section-state.ts'
import { writeRows, writeTotals } from '../reservations/section-write.ts'
import { demandEvents, toShortEvent } from './demand-events.ts'
import { type ComponentsOf, followDemand } from './follow-demand.ts'
import { nameOf, type OrderKey, readReservationsOf } from './order-reservations.ts'
import { writeShortages } from './shortages.ts'

type Word = EventOf<typeof demandEvents>
type Deps = { readonly caches: Caches; readonly freshness: FreshnessBoard; readonly ids: IdMinter }

/**
 * Has reservations follow what orders want, of orders that have any here: under the locks that reservations of these variants
 * take, on the tables, and in the transaction of the process's checkpoint, so that each word is followed once whatever dies in
 * between.
 */
export function createDemandProcess({ caches, freshness, ids }: Deps): Process {
  return {
    name: 'inventory.order-demand',
    types: Object.keys(demandEvents),
    async decide(transaction, recorded) {
      const words = recorded.flatMap((event) => parseEvent(demandEvents, event) ?? [])
      const orders = words.map(keyOf)
      const before = await readReservationsOf(transaction, orders)
      // Of most orders the stock is another system's to commit.
      const followed = words.filter((word) => before.has(nameOf(keyOf(word))))
      if (followed.length === 0) return []
      const named = followed.flatMap(({ data }) =>
        [...data.before, ...data.after].flatMap(({ variantId }) => variantId ?? []),
      )
      const componentsOf = componentsIn(await loadTerms(caches, [...new Set(named)]))
      const variantIds = [...new Set(named.flatMap((id) => componentsOf(id).map(({ variantId }) => variantId)))]
      const locked = await lockVariants(transaction, {
        variantIds,
        reservationIds: [...before.values()].flat(),
        owners: [],
      })
      // What was confirmed for an order in between is seen once its variant is had.
      const known = await readReservationsOf(transaction, orders)
      const reservationIds = [...known.values()].flat()
      const rows = await readSection(transaction, locked, { variantIds, reservationIds, owners: [] })
      const terms = await loadTerms(caches, [...locked.variantIds])
      const state = createSectionState(rows, createAdmission(terms, freshness))
      const changes: Change[] = []
      const decided: NewEvent[] = []
      for (const word of followed) {
        const { tenant, orderId } = keyOf(word)
        const own = known.get(nameOf(keyOf(word))) ?? []
        const isHad = (row: ReservationRow | null) =>
          row !== null && locked.variantIds.has(row.variantId) ? [row] : []
        const outcome = followDemand(
          state,
          own.flatMap((id) => isHad(state.reservation(id))),
          word.data,
          componentsOf,
          ids,
        )
        known.set(nameOf(keyOf(word)), [...new Set([...own, ...outcome.changes.map(({ after }) => after.id)])])
        changes.push(...outcome.changes)
        const correlationId = word.recorded.correlationId ?? null
        decided.push(
          ...toReservationEvents(
            outcome.changes.map((change) => ({ change, correlationId })),
            rows.now,
          ),
        )
        const told = await writeShortages(transaction, { tenant, orderId }, outcome, rows.now)
        decided.push(...told.map((missing) => toShortEvent(orderId, missing, word.recorded, rows.now)))
      }
      await Promise.all([writeRows(transaction, changes, rows.now), writeTotals(transaction, changes)])
      return decided
    },
  }
}

function keyOf({ data: { orderId }, recorded: { source } }: Word): OrderKey {
  const [, , tenant = ''] = source.split('/')
  return { tenant, orderId }
}

function componentsIn({ ofVariant }: Terms): ComponentsOf {
  return (variantId) => ofVariant.get(variantId)?.terms.kit?.components ?? [{ variantId, quantity: 1 }]
}
