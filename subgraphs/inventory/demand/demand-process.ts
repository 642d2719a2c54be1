import type { FreshnessBoard } from '../../../platform/connector/freshness.ts'
import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Caches } from '../caches.ts'
import { flatKit } from '../flat-kit.ts'
import { createAdmission, loadTerms, quotasOfTerms } from '../reservations/admission.ts'
import type { Change } from '../reservations/command.ts'
import type { ReservationRow } from '../reservations/legs.ts'
import { toReservationEvents } from '../reservations/reservation-events.ts'
import { lockVariants } from '../reservations/section-locks.ts'
import { readSection } from '../reservations/section-read.ts'
import { createSectionState } from '../reservations/section-state.ts'
import { writeRows, writeTotals } from '../reservations/section-write.ts'
import type { Kit } from '../terms-reads.ts'
import { decideWord, type Names, type Word } from './decide-word.ts'
import { demandEvents, overStatuses, toShortEvent } from './demand-events.ts'
import { readNewestDemand, writeNewestDemand } from './newest-demand.ts'
import { nameOf, type OrderKey, readReservationsOf } from './order-reservations.ts'
import { readMissing, readShortOrders, writeShortages } from './shortages.ts'

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
      const { heard, orders, before } = await hear(transaction, recorded)
      if (heard.length === 0) return []
      const { variantIds, ...names } = await loadNames(caches, heard)
      const targets = { variantIds, reservationIds: [...before.values()].flat(), owners: [] }
      const locked = await lockVariants(transaction, targets)
      // What was confirmed for an order in between is seen once its variant is had.
      const known = await readReservationsOf(transaction, orders)
      const terms = await loadTerms(caches, [...locked.variantIds])
      const targeted = { ...targets, reservationIds: [...known.values()].flat() }
      const rows = await readSection(transaction, locked, targeted, quotasOfTerms(terms))
      const state = createSectionState(rows, createAdmission(terms, freshness))
      const isHad = (row: ReservationRow | null) => (row !== null && locked.variantIds.has(row.variantId) ? [row] : [])
      const changes: Change[] = []
      const decided: NewEvent[] = []
      for (const word of heard) {
        const key = keyOf(word)
        const own = known.get(nameOf(key)) ?? []
        const missing = await readMissing(transaction, key)
        const following = { ...names, ids, short: new Set(missing.keys()) }
        const had = own.flatMap((id) => isHad(state.reservation(id)))
        const { followed: outcome, answer } = decideWord(state, had, word, following)
        known.set(nameOf(key), [...new Set([...own, ...outcome.changes.map(({ after }) => after.id)])])
        changes.push(...outcome.changes)
        const correlationId = word.recorded.correlationId ?? null
        decided.push(
          ...toReservationEvents(
            outcome.changes.map((change) => ({ change, correlationId })),
            rows.now,
          ),
        )
        const told = await writeShortages(transaction, key, outcome, missing, rows.now)
        decided.push(...told.map((one) => toShortEvent(key.orderId, one, word.recorded, rows.now)))
        if (answer !== null) decided.push(answer)
      }
      await Promise.all([writeRows(transaction, changes, rows.now), writeTotals(transaction, changes)])
      return decided
    },
  }
}

/** The words that something follows from, with the orders that may have reservations and those they had when they were read. */
async function hear(transaction: Transaction, recorded: readonly RecordedEvent[]) {
  const all = recorded.flatMap((event) => parseEvent(demandEvents, event) ?? [])
  const words = all.filter((word) => !('to' in word.data) || overStatuses.includes(word.data.to))
  const [over, changed] = [words.filter(isOver), words.filter((word) => !isOver(word))]
  const orders = changed.map(keyOf)
  const before = await readReservationsOf(transaction, orders)
  // Of most orders that are over nothing was missing, and of most that change the stock is another system's to commit.
  const followed = new Set([...(await readShortOrders(transaction, over.map(keyOf))), ...before.keys()])
  const heard = words.filter((word) => 'pinned' in word.data || followed.has(nameOf(keyOf(word))))
  return { heard: await withNewest(transaction, heard), orders, before }
}

/**
 * An edit gives way to its order's source as that spoke last, in the order of the log: by the time it is told that it does, the
 * source may have said more.
 */
async function withNewest(transaction: Transaction, words: readonly Word[]): Promise<readonly Word[]> {
  const heard: Word[] = []
  for (const word of words) {
    if (word.type === 'retail.order.edit-superseded.v1' || word.type === 'retail.order.edit-withdrawn.v1') {
      const after = (await readNewestDemand(transaction, keyOf(word))) ?? word.data.after
      heard.push({ ...word, data: { ...word.data, after: [...after] } })
      continue
    }
    if (word.type === 'retail.order.demand-changed.v1') {
      await writeNewestDemand(transaction, keyOf(word), word.data.after)
    }
    heard.push(word)
  }
  return heard
}

function isOver({ data }: Word): boolean {
  return 'to' in data
}

function keyOf({ data: { orderId }, recorded: { source } }: Word): OrderKey {
  const [, , tenant = ''] = source.split('/')
  return { tenant, orderId }
}

/** What words name, and every variant that something of may be kept for them. */
async function loadNames(
  caches: Caches,
  words: readonly Word[],
): Promise<Names & { readonly variantIds: readonly string[] }> {
  const lines = words.flatMap(({ data }) => ('to' in data ? [] : [...data.before, ...data.after]))
  const skus = [...new Set(lines.flatMap((line) => ('sku' in line && typeof line.sku === 'string' ? [line.sku] : [])))]
  const found = await caches.variantIdBySku.getMany(skus)
  const bySku = new Map(skus.map((sku, at) => [sku, found[at]?.value ?? null]))
  const variantOf = (sku: string) => bySku.get(sku) ?? null
  const named = [...lines.map(({ variantId }) => variantId), ...bySku.values()].flatMap((id) => id ?? [])
  const { ofVariant } = await loadTerms(caches, [...new Set(named)])
  const kitOf = async (id: string) => (await caches.termsOfVariant.get(id)).value?.kit ?? null
  const kits = new Map<string, Kit>()
  for (const [id, { terms }] of ofVariant) if (terms.kit !== null) kits.set(id, await flatKit(terms.kit, kitOf))
  const keptAsOf: Names['keptAsOf'] = (variantId) => {
    const kit = kits.get(variantId)
    if (kit === undefined) return { components: [{ variantId, quantity: 1 }], together: false }
    return { components: kit.components, together: kit.shipTogether }
  }
  // A kit as well: its own rules bind what is kept of its components.
  const variantIds = [
    ...new Set(named.flatMap((id) => [id, ...keptAsOf(id).components.map(({ variantId }) => variantId)])),
  ]
  return { keptAsOf, variantOf, variantIds }
}
