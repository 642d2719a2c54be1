import type { JsonValue } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { Transaction } from '../../../platform/sql/database.ts'

export type KeyRefusal = { readonly kind: 'key-reused' } | { readonly kind: 'key-in-progress' }

/**
 * Claims the key of one command to the end of the transaction.
 * @param replay gives the outcome again that was kept as `response`
 * @returns null: it was not done before, go on
 */
export async function claimKey<T>(
  transaction: Transaction,
  keyed: KeyedCommand,
  replay: (response: JsonValue) => T | Promise<T>,
): Promise<T | KeyRefusal | null> {
  const [known] = await claimKeys(transaction, [keyed])
  switch (known?.kind) {
    case 'in-progress':
      return { kind: 'key-in-progress' }
    case 'reused':
      return { kind: 'key-reused' }
    case 'done':
      return await replay(known.response)
    default:
      return null
  }
}
