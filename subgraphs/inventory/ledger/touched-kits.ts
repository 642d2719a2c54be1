import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { derived } from './derived-events.ts'

const type = 'retail.inventory.kit-touched.v1'

/**
 * Kits are kept nowhere: how many there are follows from their components. Whoever follows a kit is told when stock or reservations
 * of one of those change; once per kit and batch.
 */
export async function touchedKits(
  transaction: Transaction,
  recorded: readonly RecordedEvent[],
): Promise<readonly NewEvent[]> {
  const causes = new Map<string, RecordedEvent>()
  for (const event of recorded) {
    const { variantId } = event.data
    if (typeof variantId === 'string') causes.set(variantId, event)
  }
  if (causes.size === 0) return []
  const { rows } = await transaction.query<{ kit: string; component: string }>('select * from inventory.kits_of($1)', [
    [...causes.keys()],
  ])
  const kits = new Map(rows.map(({ kit, component }) => [kit, causes.get(component)]))
  return [...kits].flatMap(([kit, cause]) => (cause === undefined ? [] : [derived(type, { variantId: kit }, cause)]))
}
