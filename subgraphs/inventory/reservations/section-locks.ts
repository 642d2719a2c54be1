import { textArray } from '../../../platform/sql/array-literal.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Command, ReserveCommand } from './command.ts'
import type { Owner } from './legs.ts'

/*
 * The locks of a section, to the end of its transaction, in one order everywhere: owners before variants, each sorted. So sections
 * wait for each other and never deadlock.
 */

type Keyed = { readonly tenant: string; readonly owner: Owner }

/** What commands touch before anything is read. */
export type Targets = {
  readonly variantIds: readonly string[]
  readonly reservationIds: readonly string[]
  readonly owners: readonly Keyed[]
}

export type Locked = {
  /** The variants whose holds the section may change. */
  readonly variantIds: ReadonlySet<string>
  /** Whether there are reservations to read: named ones, or ones an owner holds. */
  readonly anyReservation: boolean
}

/** Every variant a command may take units of. */
export function variantsOf({ lines, kits }: ReserveCommand): readonly string[] {
  const own = [...lines, ...kits.flatMap(({ components }) => components)].map(({ variantId }) => variantId)
  return [...own, ...lines.flatMap(({ substitutes }) => substitutes ?? [])]
}

export function targetsOf(commands: readonly Command[]): Targets {
  const variantIds = new Set<string>()
  const reservationIds = new Set<string>()
  const owners: Keyed[] = []
  for (const command of commands) {
    if (command.kind === 'reserve') {
      for (const id of variantsOf(command)) variantIds.add(id)
      if (command.replaceOwner) owners.push({ tenant: command.viewer.tenant, owner: command.owner })
    } else if (command.kind === 'change') {
      for (const { reservationId } of command.items) reservationIds.add(reservationId)
      if (command.step.kind === 'move') variantIds.add(command.step.variantId)
    } else {
      for (const id of command.reservationIds) reservationIds.add(id)
    }
  }
  return { variantIds: [...variantIds], reservationIds: [...reservationIds], owners }
}

export async function lockOwners(transaction: Transaction, targets: Targets): Promise<void> {
  if (targets.owners.length > 0) {
    const keys = targets.owners.map(({ tenant, owner }) => `${tenant} ${owner.kind} ${owner.id}`)
    await transaction.query(lockOwnersText, [textArray(keys)])
  }
}

/** Call it with the owners locked: it locks the variants of what they hold as well. */
export async function lockVariants(transaction: Transaction, targets: Targets): Promise<Locked> {
  const { rows } = await transaction.query<{ locked_variant: string; held: boolean }>(lockVariantsText, [
    targets.variantIds,
    targets.reservationIds,
    ...ownerColumns(targets),
  ])
  return { variantIds: new Set(rows.map((row) => row.locked_variant)), anyReservation: rows.some(({ held }) => held) }
}

export function ownerColumns({ owners }: Targets): readonly string[] {
  return [
    textArray(owners.map(({ tenant }) => tenant)),
    textArray(owners.map(({ owner }) => owner.kind)),
    textArray(owners.map(({ owner }) => owner.id)),
  ]
}

/** OFFSET 0, here and below, keeps the planner from locking before it has sorted. */
const lockOwnersText = `
  select count(*) from (
    select distinct hashtextextended(owner, 7300003) as key from unnest($1::text[]) as owner order by 1 offset 0
  ) as owners where pg_advisory_xact_lock(owners.key) is not null`

/** A row for each variant; `held` where an owner holds some of it or a reservation of it was named. */
const lockVariantsText = `
  select targets.variant_id as locked_variant, targets.held from (
    select every.variant_id, bool_or(every.held) as held, hashtextextended(every.variant_id, 7300004) as key from (
      select given.variant_id, false as held from unnest($1::text[]) as given (variant_id)
      union all
      select named.variant_id, true from inventory.reservations as named where named.id = any($2::text[])
      union all
      select own.variant_id, true from unnest($3::text[], $4::text[], $5::text[]) as owner (tenant, kind, id)
      join inventory.reservations as own on own.owner_id = owner.id and own.owner_kind = owner.kind
        and own.tenant = owner.tenant and own.held > 0
    ) as every group by every.variant_id order by key, every.variant_id offset 0
  ) as targets where pg_advisory_xact_lock(targets.key) is not null`
