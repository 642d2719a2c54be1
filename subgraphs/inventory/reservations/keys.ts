import { groupBy } from '../../../platform/group-by.ts'
import { type ClaimRow, type KeyedCommand, type Known, knownOf } from '../../../platform/idempotency/idempotency.ts'
import { uuidArray } from '../../../platform/sql/array-literal.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Promised } from '../promise.ts'
import { type Command, isSent } from './command.ts'
import { toKept } from './response.ts'

/*
 * What is known of the keys of commands. What a command that reserves has made is the record of its key, so nothing is written for
 * it; other commands have records of their own.
 */

/** What the store says of claimed keys; null where it says nothing. */
export type ClaimedKeys = { readonly claimed: readonly ClaimRow[] | null; readonly made: readonly MadeRecord[] | null }

type MadeRecord = {
  readonly command_id: string
  readonly fingerprint: string
  readonly id: string
  readonly line_id: string
  readonly variant_id: string
  readonly substituted_for: string | null
  readonly location_id: string | null
  readonly promise: Promised | null
  readonly quantity: number
  /** RFC 3339 */
  readonly created_at: string
}

/** How long the key of a command that reserves stands for what it made. */
export const madeSeconds = 86_400

/** The keys to claim, in the order of their commands, and those of commands that reserve. */
export function keysOf(commands: readonly Command[]): { readonly keys: Buffer; readonly reserving: Buffer } {
  const keys: string[] = []
  const reserving: string[] = []
  for (const command of commands) {
    if (isSent(command)) keys.push(command.keyed.id)
    if (command.kind === 'reserve') reserving.push(command.keyed.id)
  }
  return { keys: uuidArray(keys), reserving: uuidArray(reserving) }
}

/** Claims the keys of commands once more, to the end of the transaction. @returns what is known of each, in order */
export async function claimCommands(transaction: Transaction, commands: readonly Command[]): Promise<readonly Known[]> {
  if (commands.length === 0) return []
  const { keys, reserving } = keysOf(commands)
  const { rows } = await transaction.query<ClaimedKeys>('select * from inventory.claim_commands($1, $2, $3)', [
    keys,
    reserving,
    madeSeconds,
  ])
  return knownOfCommands(commands, rows[0] ?? { claimed: null, made: null })
}

/** @returns one entry per command, in order */
export function knownOfCommands(commands: readonly Command[], { claimed, made }: ClaimedKeys): readonly Known[] {
  if (claimed === null && made === null) return commands.map(() => unknownKey)
  const keyed = commands.flatMap((command) => (isSent(command) ? [command.keyed] : []))
  const known = knownOf(keyed, claimed ?? [])
  const parts = groupBy(made ?? [], ({ command_id: id }) => id)
  let next = 0
  return commands.map((command) => {
    if (!isSent(command)) return unknownKey
    const one = known[next++] ?? unknownKey
    const own = one.kind === 'new' ? parts.get(command.keyed.id) : undefined
    return own === undefined ? one : toKnown(own, command.keyed)
  })
}

const unknownKey: Known = { kind: 'new' }

function toKnown(rows: readonly MadeRecord[], { fingerprint }: KeyedCommand): Known {
  const [first] = rows
  if (first?.fingerprint !== fingerprint) return { kind: 'reused' }
  const parts = rows.map((row) => ({
    id: row.id,
    lineId: row.line_id,
    variantId: row.variant_id,
    substitutedFor: row.substituted_for,
    locationId: row.location_id,
    promise: row.promise,
    quantity: row.quantity,
  }))
  return { kind: 'done', response: toKept(new Date(first.created_at).toISOString(), parts) }
}
