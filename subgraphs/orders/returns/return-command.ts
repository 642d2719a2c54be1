import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { claimKeys, type KeyedCommand, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { type Arrival, type Decided, dispose, type Placing, type Refused, receive, step } from './decide-return.ts'
import type { KeptReturn } from './return.ts'
import { lockReturnsOfOrder, readReturn, writeReturns } from './return-store.ts'
import { type Cause, toChangeEvent, toDispositionEvent, toReceiptEvent, toReturnNotification } from './tell-return.ts'

export type ReturnDeps = { readonly database: Database; readonly eventLog: EventLog; readonly ids: IdMinter }

/** What every command on returns carries. */
export type Asked = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  readonly correlationId: string
  readonly now: Date
}

export type ReturnCommand = Asked & {
  readonly returnId: string
  readonly expectedVersion: number
} & (
    | { readonly kind: 'AUTHORIZE' | 'DECLINE' | 'CANCEL'; readonly note: string | null }
    | {
        readonly kind: 'RECEIVE'
        readonly locationId: string
        readonly arrivals: readonly Arrival[]
        readonly at: string
      }
    | { readonly kind: 'DISPOSE'; readonly placings: readonly Placing[] }
  )

export type ReturnOutcome =
  | { readonly kind: 'done'; readonly kept: KeptReturn; readonly replayed: boolean }
  | { readonly kind: 'not-found'; readonly argument: string }
  | { readonly kind: 'key-reused' | 'key-in-progress' }
  | { readonly kind: 'version-conflict'; readonly currentVersion: number }
  | Refused

/** What becomes of returns: after it, and what is told of it. */
export type Effect = { readonly kind: 'effect'; readonly after: KeptReturn; readonly events: readonly NewEvent[] }

/** Takes one step of a return; steps of one order's returns come one after the other. */
export function stepReturn(deps: ReturnDeps, command: ReturnCommand): Promise<ReturnOutcome> {
  return once(deps, command, async (transaction) => {
    const { tenant, returnId, expectedVersion } = command
    const found = await readReturn(transaction, tenant, returnId)
    const known = found === null ? [] : await lockReturnsOfOrder(transaction, tenant, found.orderId)
    const before = known.find(({ id }) => id === returnId)
    if (before === undefined) return { kind: 'not-found', argument: 'returnId' }
    if (before.version !== expectedVersion) return { kind: 'version-conflict', currentVersion: before.version }
    const places = command.kind === 'RECEIVE' ? await readCountries(transaction, [command.locationId]) : new Map()
    if (command.kind === 'RECEIVE' && !places.has(command.locationId)) {
      return { kind: 'not-found', argument: 'locationId' }
    }
    const decided = decide(deps, command, before, known, places)
    if (decided.kind !== 'changed') return decided
    return { kind: 'effect', after: decided.after, events: eventsOf(command, before, decided.after) }
  })
}

function decide(
  { ids }: ReturnDeps,
  command: ReturnCommand,
  before: KeptReturn,
  known: readonly KeptReturn[],
  places: ReadonlyMap<string, string | null>,
): Decided {
  switch (command.kind) {
    case 'RECEIVE': {
      const { locationId, arrivals, at } = command
      const where = { locationId, country: places.get(locationId) ?? null, at }
      return receive(before, arrivals, where, known, () => `rcp_${ids.ulid()}`)
    }
    case 'DISPOSE':
      return dispose(before, command.placings, command.now.toISOString(), () => `plc_${ids.ulid()}`)
    default:
      return step(before, command.kind, command.note)
  }
}

function eventsOf(command: ReturnCommand, before: KeptReturn, after: KeptReturn): readonly NewEvent[] {
  const cause = causeOf(command)
  switch (command.kind) {
    case 'AUTHORIZE':
      return [toChangeEvent('authorized', after, cause), toReturnNotification('RETURN_AUTHORIZED', after, cause)]
    case 'DECLINE':
      return [toChangeEvent('declined', after, cause), toReturnNotification('RETURN_DECLINED', after, cause)]
    case 'CANCEL':
      return [toChangeEvent('cancelled', after, cause)]
    case 'RECEIVE': {
      const told = toReceiptEvent(before, after, { ...cause, time: command.at })
      const came = command.arrivals.some(({ outcome }) => outcome === 'RECEIVED')
      return came ? [told, toReturnNotification('RETURN_RECEIVED', after, cause)] : [told]
    }
    case 'DISPOSE':
      return [toDispositionEvent(before, after, cause)]
    default:
      return command satisfies never
  }
}

export function causeOf({ now, correlationId }: Asked): Cause {
  const correlation = correlationId === 'none' ? null : correlationId
  return { time: now.toISOString(), correlationId: correlation, causationId: null }
}

/** Does what a key stands for once, and all of it in one transaction: the return, the answer kept, the events. */
export async function once(
  { database, eventLog }: ReturnDeps,
  { keyed, tenant }: Asked,
  run: (transaction: Transaction) => Promise<Effect | Exclude<ReturnOutcome, { readonly kind: 'done' }>>,
): Promise<ReturnOutcome> {
  const outcome = await database.transaction(async (transaction): Promise<ReturnOutcome> => {
    const [claimed] = await claimKeys(transaction, [keyed])
    if (claimed?.kind === 'in-progress') return { kind: 'key-in-progress' }
    if (claimed?.kind === 'reused') return { kind: 'key-reused' }
    if (claimed?.kind === 'done') {
      const kept = await readReturn(transaction, tenant, String(claimed.response))
      return kept === null ? { kind: 'not-found', argument: 'returnId' } : { kind: 'done', kept, replayed: true }
    }
    const effect = await run(transaction)
    if (effect.kind !== 'effect') return effect
    const { after, events } = effect
    await writeReturns(transaction, [after])
    await eventLog.append(transaction, events)
    await writeRecords(transaction, [{ ...keyed, response: after.id, keepSeconds: 30 * 86_400 }])
    return { kind: 'done', kept: after, replayed: false }
  })
  if (outcome.kind === 'done' && !outcome.replayed) eventLog.wake()
  return outcome
}

/** By location: its country, null where none is told; of one that is not known there is no entry. */
export async function readCountries(
  transaction: Transaction,
  locationIds: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await transaction.query<{ place: string; region: string | null }>(
    'SELECT place, region FROM orders.regions WHERE place = ANY($1::text[])',
    [locationIds.map((id) => `location ${id}`)],
  )
  return new Map(rows.map(({ place, region }) => [place.slice('location '.length), region]))
}
