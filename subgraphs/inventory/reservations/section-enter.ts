import type { Known } from '../../../platform/idempotency/idempotency.ts'
import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { Quota } from '../quota.ts'
import { readSold } from './channel-issues.ts'
import type { Command, ReserveCommand } from './command.ts'
import { type ClaimedKeys, claimCommands, keysOf, knownOfCommands, madeSeconds } from './keys.ts'
import { ownerColumns, type Targets } from './section-locks.ts'
import { type ReadSection, readReservations, toSectionRows } from './section-read.ts'
import type { SectionRows } from './section-state.ts'

/** `known`: of each command's key, in order. */
export type Entered = { readonly known: readonly Known[]; readonly rows: SectionRows }

/**
 * Locks what commands touch, claims their keys and reads what they are decided on: one statement, so that what can be done before a
 * variant is had is done while the section before still holds it, and what is read follows the lock without a turn of ours.
 */
export async function enterSection(
  transaction: Transaction,
  commands: readonly Command[],
  targets: Targets,
  quotas: readonly Quota[],
): Promise<Entered> {
  const { keys, reserving } = keysOf(commands)
  const values = [targets.variantIds, targets.reservationIds, ...ownerColumns(targets), keys, reserving, madeSeconds]
  const { rows } = await transaction.query<EnteredRow>(enterText, values)
  const [entered] = rows
  if (entered === undefined) throw new TypeError('Cannot enter a section: the store gave no row')
  const early = knownOfCommands(commands, entered)
  // A key that the section before held was given back with the variants: its command meets what its twin has written.
  const twins = commands.filter((_, at) => early[at]?.kind === 'in-progress')
  const [late, reservations, sold] = await Promise.all([
    claimAgain(transaction, twins),
    entered.held ? readReservations(transaction, targets) : [],
    readSold(transaction, quotas),
  ])
  let next = 0
  return {
    known: early.map((known) => (known.kind === 'in-progress' ? (late[next++] ?? known) : known)),
    rows: toSectionRows(new Set(entered.locked), entered, reservations, sold),
  }
}

const enterText = 'select * from inventory.enter_section($1, $2, $3, $4, $5, $6, $7, $8)'

type EnteredRow = ClaimedKeys & ReadSection & { readonly locked: readonly string[]; readonly held: boolean }

/** A transaction that ends gives back its locks one after another: its variants may be had a moment before its keys. */
async function claimAgain(transaction: Transaction, twins: readonly Command[]): Promise<readonly Known[]> {
  let known = await claimCommands(transaction, twins)
  for (let pauses = 0; pauses < mostPauses && known.some(({ kind }) => kind === 'in-progress'); pauses += 1) {
    await transaction.query('select pg_sleep(0.002)', [])
    known = await claimCommands(transaction, twins)
  }
  return known
}

/** All of them a hundredth of a second: others wait for the variants meanwhile. */
const mostPauses = 5

/** `holding`: commands whose owners hold something that they would give back first. */
export type Glanced = Entered & { readonly holding: ReadonlySet<ReserveCommand> }

/**
 * Reads what commands are decided on as it is at one moment, without a lock: enough to refuse one, never to grant it. Their keys are
 * claimed after it, for no longer than the statement.
 */
export async function glanceAtSection(
  queryable: Queryable,
  commands: readonly ReserveCommand[],
  { variantIds }: Targets,
  quotas: readonly Quota[],
): Promise<Glanced> {
  // First, so that what leaves in between is counted too little and not twice: too little refuses nobody.
  const sold = await readSold(queryable, quotas)
  const replacing = commands.filter(({ replaceOwner }) => replaceOwner)
  const owners = replacing.map(({ viewer: { tenant }, owner }) => ({ tenant, owner }))
  const { rows } = await queryable.query<GlancedRow>(glanceText, [
    variantIds,
    ...ownerColumns({ owners }),
    keysOf(commands).keys,
    madeSeconds,
  ])
  const [glanced] = rows
  if (glanced === undefined) throw new TypeError('Cannot glance at a section: the store gave no row')
  return {
    known: knownOfCommands(commands, glanced),
    rows: toSectionRows(new Set(variantIds), glanced, [], sold),
    holding: new Set(glanced.holding.flatMap((place) => replacing[place - 1] ?? [])),
  }
}

const glanceText = 'select * from inventory.glance_section($1, $2, $3, $4, $5, $6)'

type GlancedRow = ClaimedKeys & ReadSection & { readonly holding: readonly number[] }
