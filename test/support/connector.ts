import { systemClock } from '../../platform/clock.ts'
import type { EntityKind, Ingest, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import { createIdentityStore } from '../../platform/connector/identity.ts'
import { createIngest } from '../../platform/connector/ingest.ts'
import { connectorMigrations } from '../../platform/connector/migrations.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { JsonObject } from '../../platform/event-log/event-log.ts'
import { eventLogMigrations } from '../../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { createIdMinter } from '../../platform/ids.ts'
import type { Database } from '../../platform/sql/database.ts'
import { openMigratedDatabase, type TestDatabase } from './postgres.ts'

/** A fresh store with the event log's and the connectors' tables. */
export async function openConnectorStore(): Promise<TestDatabase> {
  return await openMigratedDatabase(eventLogMigrations(), connectorMigrations())
}

export function ingestOver(database: Database, handlers: readonly SourceHandler[]): Ingest {
  return createIngest({
    database,
    eventLog: createPostgresEventLog({ database }),
    handlers,
    identities: createIdentityStore({ database, tenant: 'test', ids: createIdMinter(systemClock) }),
    tenant: 'test',
    clock: systemClock,
  })
}

/** Accepts any document with a non-negative `price` and says what it became; `sku` is a further name of the thing. */
export function thingHandler(kind: string, entity: EntityKind = 'variant', version = 1): SourceHandler {
  return {
    kind,
    version,
    normalize(document, { ids, previous, tenant }) {
      const { data, system, key } = document
      checkThing(data)
      const sku = data?.sku
      const aliases = typeof sku === 'string' ? [{ namespace: 'sku', value: sku }] : []
      const id = ids.idOf(entity, system, key, aliases)
      return [
        {
          type: data === null ? 'test.thing.removed.v1' : 'test.thing.changed.v1',
          source: `/tenants/${tenant}/test/${kind}/${id}`,
          subject: id,
          time: '2026-01-02T03:04:05.678Z',
          data: { key, now: data, before: previous },
          partitionKey: id,
          authority: system,
        },
      ]
    },
  }
}

function checkThing(data: JsonObject | null): void {
  const price = data?.price
  if (price === undefined || (typeof price === 'number' && price >= 0)) return
  throw new AppError('SOURCE_DATA_INVALID', `Cannot read thing: price is ${String(price)}, allowed is at least 0`, {
    details: { field: 'price' },
  })
}

export function documentOf(
  key: string,
  data: JsonObject | null,
  overrides: Partial<SourceDocument> = {},
): SourceDocument {
  return { system: 'erp', kind: 'thing', key, data, receivedAt: new Date().toISOString(), ...overrides }
}

export type ThingEvent = { readonly type: string; readonly subject: string; readonly data: JsonObject }

export async function readEvents(database: Database): Promise<readonly ThingEvent[]> {
  const { rows } = await database.query<ThingEvent>(
    'select type, subject, data from event_log.events order by transaction_id, row_id',
    [],
  )
  return rows
}

export type Letter = {
  readonly kind: string
  readonly key: string
  readonly reason: string
  readonly field: string | null
  readonly attempts: number
  readonly open: boolean
}

export async function readLetters(database: Database): Promise<readonly Letter[]> {
  const { rows } = await database.query<Letter>(
    `select kind, key, reason, field, attempts, resolved_at is null as open
     from connector.dead_letters order by kind, key`,
    [],
  )
  return rows
}

/** Polls until `check` holds. @throws Error with what it last saw, when `timeoutMs` is over */
export async function eventually<T>(
  read: () => Promise<T>,
  check: (value: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (check(value)) return value
    if (Date.now() > deadline) throw new Error(`Not so within ${timeoutMs} ms; last seen: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
