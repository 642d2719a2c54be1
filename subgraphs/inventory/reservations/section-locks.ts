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
  const variantIds: string[] = []
  for (const { variantId, substitutes } of lines) {
    variantIds.push(variantId)
    if (substitutes !== undefined) variantIds.push(...substitutes)
  }
  for (const { kitId, components } of kits) {
    // Of a kit its own allocation may be short, whatever its components are.
    variantIds.push(kitId)
    for (const { variantId } of components) variantIds.push(variantId)
  }
  return variantIds
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
      if (command.kind === 'place') variantIds.add(command.variantId)
      for (const id of command.reservationIds) reservationIds.add(id)
    }
  }
  return { variantIds: [...variantIds], reservationIds: [...reservationIds], owners }
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

export function ownerColumns({ owners }: Pick<Targets, 'owners'>): readonly string[] {
  return [
    textArray(owners.map(({ tenant }) => tenant)),
    textArray(owners.map(({ owner }) => owner.kind)),
    textArray(owners.map(({ owner }) => owner.id)),
  ]
}

const lockVariantsText = 'select * from inventory.lock_variants($1, $2, $3, $4, $5)'
