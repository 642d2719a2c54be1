import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { LogPosition } from '../../platform/event-log/event-log.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Database, Row } from '../../platform/sql/database.ts'
import { principalOf } from '../push/stream-cursor.ts'
import type { AskedSelection, Streams } from './streams.ts'
import type { Selection } from './webhook.ts'

/** A place in a stream that is kept for a client under a name of its choice. */
export type DurableSubscription = {
  readonly name: string
  readonly selection: Selection
  /** Everything up to here is acknowledged: go on after it. */
  readonly cursor: string
  readonly acknowledgedAt: Date | null
  readonly createdAt: Date
}

/** At-least-once for clients that keep no cursor themselves: what was not acknowledged is told again. */
export type DurableSubscriptions = {
  /**
   * Makes it, beginning now or after a cursor; one that is there with the same selection stays as it is.
   * @throws AppError `CONFLICT` when the name stands for another selection, `RATE_LIMITED` when there are too many, or
   * as a subscription would be refused
   */
  save(viewer: Viewer, name: string, selection: AskedSelection, after: string | null): Promise<DurableSubscription>
  /**
   * Everything up to the cursor is done with. Moves forward only, so acknowledgements may come late or twice.
   * @throws AppError `NOT_FOUND`, `CURSOR_INVALID`
   */
  acknowledge(viewer: Viewer, name: string, cursor: string): Promise<DurableSubscription>
  find(viewer: Viewer, name: string): Promise<DurableSubscription | null>
  list(viewer: Viewer): Promise<readonly DurableSubscription[]>
  /** @throws AppError `NOT_FOUND` */
  remove(viewer: Viewer, name: string): Promise<void>
}

export type DurableSubscriptionDeps = {
  readonly database: Database
  readonly streams: Streams
  readonly clock: Clock
  readonly mostPerClient: number
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export function createDurableSubscriptions(deps: DurableSubscriptionDeps): DurableSubscriptions {
  const { database, streams, clock } = deps

  async function find(viewer: Viewer, name: string): Promise<DurableSubscription | null> {
    const { rows } = await database.query(`${selectText} and name = $4`, [...ownerOf(viewer), name])
    return rows[0] === undefined ? null : toDurable(rows[0])
  }

  async function known(viewer: Viewer, name: string): Promise<DurableSubscription> {
    const durable = await find(viewer, name)
    if (durable === null) throw noSuch(name)
    return durable
  }

  return {
    find: async (viewer, name) => find(viewer, name),
    async list(viewer) {
      const { rows } = await database.query(`${selectText} order by name limit ${mostListed}`, ownerOf(viewer))
      return rows.map(toDurable)
    },
    async save(viewer, name, selection, after) {
      const owner = ownerOf(viewer)
      if (!namePattern.test(name)) {
        throw new AppError(
          'BAD_USER_INPUT',
          'Cannot keep the subscription: its name may have 1 to 64 letters, digits, dots, dashes and underscores',
          { details: { argument: 'name' } },
        )
      }
      const begun = await streams.begin(viewer, selection, after)
      const wanted = { ...selection, version: begun.version }
      await database.transaction(async (transaction) => {
        await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 7300036))', [owner.join('\n')])
        const { rows } = await transaction.query<{ count: number }>(countText, [...owner, name])
        if ((rows[0]?.count ?? 0) >= deps.mostPerClient) {
          throw new AppError(
            'RATE_LIMITED',
            `Cannot keep the subscription: you have ${deps.mostPerClient}, allowed is ${deps.mostPerClient}`,
            { details: { allowed: deps.mostPerClient }, retryable: false },
          )
        }
        await transaction.query(insertText, [
          ...owner,
          name,
          wanted.operation,
          wanted.operationName,
          JSON.stringify(wanted.variables),
          wanted.version,
          begun.cursor,
          ...toValues(begun.place.position),
          clock().toISOString(),
        ])
      })
      const durable = await known(viewer, name)
      if (!isSame(durable.selection, wanted)) {
        throw new AppError('CONFLICT', `Cannot keep the subscription: ${name} stands for another selection`)
      }
      return durable
    },
    async acknowledge(viewer, name, cursor) {
      const durable = await known(viewer, name)
      const { position } = await streams.place(viewer, durable.selection, cursor)
      const values = [...ownerOf(viewer), name, cursor, ...toValues(position), clock().toISOString()]
      await database.query(acknowledgeText, values)
      return known(viewer, name)
    },
    async remove(viewer, name) {
      const { rowCount } = await database.query(`delete ${owned} and name = $4`, [...ownerOf(viewer), name])
      if (rowCount === 0) throw noSuch(name)
    },
  }
}

const mostListed = 1_000
const owned = 'from webhooks.durable_subscriptions where tenant = $1 and client_id = $2 and principal = $3'

const selectText = `
  select name, operation, operation_name, variables, version, cursor, acknowledged_at, created_at ${owned}`

const countText = `select count(*)::int as count ${owned} and name <> $4`

const insertText = `
  insert into webhooks.durable_subscriptions (tenant, client_id, principal, name, operation, operation_name, variables,
    version, cursor, transaction_id, row_id, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::xid8, $11, $12)
  on conflict do nothing`

const acknowledgeText = `
  update webhooks.durable_subscriptions
  set cursor = $5, transaction_id = $6::xid8, row_id = $7, acknowledged_at = $8
  where tenant = $1 and client_id = $2 and principal = $3 and name = $4
    and (transaction_id, row_id) <= ($6::xid8, $7::bigint)`

type DurableRow = {
  readonly name: string
  readonly operation: string
  readonly operation_name: string | null
  readonly variables: Readonly<Record<string, unknown>>
  readonly version: string
  readonly cursor: string
  readonly acknowledged_at: Date | null
  readonly created_at: Date
}

function toDurable(row: Row): DurableSubscription {
  const from = row as DurableRow
  return {
    name: from.name,
    selection: {
      operation: from.operation,
      operationName: from.operation_name,
      variables: from.variables,
      version: from.version,
    },
    cursor: from.cursor,
    acknowledgedAt: from.acknowledged_at,
    createdAt: from.created_at,
  }
}

function toValues({ transactionId, row }: LogPosition): readonly [string, bigint] {
  return [String(transactionId), row]
}

/** Whoever could not use its cursors has no part in it. */
function ownerOf(viewer: Viewer): readonly [string, string, string] {
  if (viewer.kind === 'anonymous') {
    throw new AppError('UNAUTHENTICATED', 'Cannot keep subscriptions: sign in first')
  }
  return [viewer.tenant, viewer.clientId, principalOf(viewer).join('\n')]
}

function isSame(a: Selection, b: Selection): boolean {
  const sorted = ({ variables }: Selection) => JSON.stringify(Object.entries(variables).toSorted())
  return (
    a.operation === b.operation &&
    a.operationName === b.operationName &&
    a.version === b.version &&
    sorted(a) === sorted(b)
  )
}

function noSuch(name: string): AppError {
  return new AppError('NOT_FOUND', `Cannot find subscription ${name.slice(0, 64)}: you have none of this name`)
}
