import type { FreshnessBoard } from '../../../platform/connector/freshness.ts'
import type { NewEvent } from '../../../platform/event-log/event-log.ts'
import { type EventOf, parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import type { Caches } from '../caches.ts'
import { readyAt } from '../promises.ts'
import { createAdmission, loadTerms, quotasOfTerms, type Terms } from '../reservations/admission.ts'
import type { Change } from '../reservations/command.ts'
import { lockVariants } from '../reservations/section-locks.ts'
import { readSection } from '../reservations/section-read.ts'
import { createSectionState } from '../reservations/section-state.ts'
import { writeRows, writeTotals } from '../reservations/section-write.ts'
import { decideReroute, type Rerouted } from './reroute.ts'
import { type Dates, rerouteRequests, toRerouteEvents } from './reroute-events.ts'

type Request = EventOf<typeof rerouteRequests>

/**
 * Decides where the units of fulfilment orders go that another location is to fulfil: under the locks that reservations of these
 * variants take, on the tables, and in the transaction of the process's checkpoint, so that each request is decided once whatever
 * dies in between.
 */
export function createRerouteProcess(deps: { readonly caches: Caches; readonly freshness: FreshnessBoard }): Process {
  return {
    name: 'inventory.reroutes',
    types: Object.keys(rerouteRequests),
    async decide(transaction, recorded) {
      const requests = recorded.flatMap((event) => parseEvent(rerouteRequests, event) ?? [])
      const reservationIds = [...new Set(requests.flatMap(({ data }) => data.reservationIds))]
      const targets = { variantIds: [], reservationIds, owners: [] }
      // All locks at once and in one order: sections wait for each other and never in a circle.
      const locked = await lockVariants(transaction, targets)
      const terms = await loadTerms(deps.caches, [...locked.variantIds])
      const rows = await readSection(transaction, locked, targets, quotasOfTerms(terms))
      const state = createSectionState(rows, createAdmission(terms, deps.freshness))
      const changes: Change[] = []
      const decided: NewEvent[] = []
      for (const { data, recorded: cause } of requests) {
        const [, , tenant = ''] = cause.source.split('/')
        const outcome = decideReroute(state, { ...data, tenant }, (id) => terms.network.locations.has(id))
        if (outcome.kind === 'moved') changes.push(...outcome.changes)
        decided.push(...toRerouteEvents(data, outcome, datesOf(data, outcome, terms, rows.now), cause, rows.now))
      }
      await Promise.all([writeRows(transaction, changes, rows.now), writeTotals(transaction, changes)])
      return decided
    },
  }
}

function datesOf(
  { fromLocationId }: Request['data'],
  outcome: { readonly kind: string } | Rerouted,
  terms: Terms,
  now: Date,
): Dates {
  if (!('changes' in outcome)) return { previousDate: null, date: null }
  const method = outcome.changes[0]?.after.method
  const at = (locationId: string): string | null => {
    const location = terms.network.locations.get(locationId)
    return location === undefined || method === undefined ? null : readyAt(location, method, terms.shared, now)
  }
  return { previousDate: at(fromLocationId), date: at(outcome.locationId) }
}
