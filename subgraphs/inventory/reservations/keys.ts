import { claimKeys, type KeyedCommand, type Known } from '../../../platform/idempotency/idempotency.ts'
import { uuidArray } from '../../../platform/sql/array-literal.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Command, ReserveCommand } from './command.ts'
import { toKept } from './response.ts'

/**
 * Claims the keys of commands to the end of the transaction. What a command that reserves has made is the record of its key, so
 * nothing is written for it; other commands have records of their own.
 * @returns what is known of each command, in order
 */
export async function claimCommands(transaction: Transaction, commands: readonly Command[]): Promise<readonly Known[]> {
  const keyed = commands.flatMap((command) => (command.kind === 'tidy' ? [] : [command.keyed]))
  const reserving = commands.filter((command) => command.kind === 'reserve')
  const [claimed, made] = await Promise.all([claimKeys(transaction, keyed), readMade(transaction, reserving)])
  let next = 0
  return commands.map((command) => {
    if (command.kind === 'tidy') return unknownKey
    const known = claimed[next++] ?? unknownKey
    const parts = known.kind === 'new' ? made.get(command.keyed.id) : undefined
    return parts === undefined ? known : toKnown(parts, command.keyed)
  })
}

const unknownKey: Known = { kind: 'new' }

/** How long the key of a command that reserves stands for what it made. */
const madeSeconds = 86_400

/** By the id of the key, in the order they were made. */
async function readMade(
  transaction: Transaction,
  commands: readonly ReserveCommand[],
): Promise<ReadonlyMap<string, readonly MadeRecord[]>> {
  const made = new Map<string, MadeRecord[]>()
  if (commands.length === 0) return made
  const { rows } = await transaction.query<MadeRecord>(readMadeText, [
    uuidArray(commands.map(({ keyed }) => keyed.id)),
    madeSeconds,
  ])
  for (const row of rows) {
    const parts = made.get(row.command_id) ?? []
    parts.push(row)
    made.set(row.command_id, parts)
  }
  return made
}

type MadeRecord = {
  readonly command_id: string
  readonly fingerprint: string
  readonly id: string
  readonly line_id: string
  readonly variant_id: string
  readonly substituted_for: string | null
  readonly location_id: string | null
  readonly quantity: number
  readonly created_at: Date
}

/** Ids sort by the order they were given out. */
const readMadeText = `
  select replace(command_id::text, '-', '') as command_id, fingerprint, id, line_id, variant_id, substituted_for,
    case when placed_first is null then location_id else nullif(placed_first, '') end as location_id, quantity, created_at
  from inventory.reservations where command_id = any($1::uuid[])
    and created_at > statement_timestamp() - $2::integer * interval '1 second' order by id`

function toKnown(rows: readonly MadeRecord[], { fingerprint }: KeyedCommand): Known {
  const [first] = rows
  if (first?.fingerprint !== fingerprint) return { kind: 'reused' }
  const parts = rows.map((row) => ({
    id: row.id,
    lineId: row.line_id,
    variantId: row.variant_id,
    substitutedFor: row.substituted_for,
    locationId: row.location_id,
    quantity: row.quantity,
  }))
  return { kind: 'done', response: toKept(first.created_at.toISOString(), parts) }
}
