import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { TermEventType } from '../term-schemas.ts'
import { derived } from './derived-events.ts'

const type = 'retail.inventory.kit-touched.v1'

/** What is agreed of one variant, and so of kits of it. Of what names no variant whoever follows any is told. */
export const componentRules: readonly string[] = [
  'retail.inventory.kit-changed.v1',
  'retail.inventory.supply-changed.v1',
  'retail.inventory.safety-rule-changed.v1',
  'retail.inventory.channel-allocation-changed.v1',
  'retail.inventory.location-exclusion-changed.v1',
  'retail.inventory.term-withdrawn.v1',
] satisfies readonly TermEventType[]

/**
 * Kits are kept nowhere: how many there are follows from their components. Whoever follows a kit is told when stock, reservations or
 * rules of one of those change; once per kit and batch.
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
  const kits = new Map<string, RecordedEvent>()
  let looked: ReadonlyMap<string, RecordedEvent> = causes
  // Kits of kits as well; those that contain themselves are found once.
  while (looked.size > 0) {
    const { rows } = await transaction.query<{ kit: string; component: string }>(
      'select * from inventory.kits_of($1)',
      [[...looked.keys()]],
    )
    const found = new Map<string, RecordedEvent>()
    for (const { kit, component } of rows) {
      const cause = looked.get(component)
      if (cause !== undefined && !kits.has(kit)) found.set(kit, cause)
    }
    for (const [kit, cause] of found) kits.set(kit, cause)
    looked = found
  }
  return [...kits].map(([kit, cause]) => derived(type, { variantId: kit }, cause))
}
