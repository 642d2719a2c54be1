import { assetPath } from '../platform/assets.ts'
import { createCacheFactory } from '../platform/cache/cache-factory.ts'
import { systemClock } from '../platform/clock.ts'
import { connectorMigrations } from '../platform/connector/migrations.ts'
import { eventLogMigrations } from '../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../platform/event-log/postgres.ts'
import { type KeyedCommand, keyedCommand } from '../platform/idempotency/idempotency.ts'
import { idempotencyMigrations } from '../platform/idempotency/migrations.ts'
import { createIdMinter } from '../platform/ids.ts'
import type { Database } from '../platform/sql/database.ts'
import { migrate } from '../platform/sql/migrate.ts'
import { createCaches } from '../subgraphs/inventory/caches.ts'
import { createInventoryCommands, type InventoryCommands } from '../subgraphs/inventory/commands.ts'
import type { ChangeCommand, Outcome, ReserveCommand } from '../subgraphs/inventory/reservations/command.ts'
import { type Drift, readDrift } from '../subgraphs/inventory/reservations/tidy.ts'

/** The reservation engine over a database, without GraphQL: one channel `web`, one location `dc`. */
export type ReservationEngine = AsyncDisposable & {
  /** Counts a variant whose id is also its SKU. */
  stock(variantId: string, units: number): Promise<void>
  /** One unit for a buyer. @throws Error unless it is held */
  reserve(variantId: string, buyer: string): Promise<string>
  submit(command: ReserveCommand | ChangeCommand): Promise<Outcome>
  /** What is not about reservations. */
  readonly commands: Pick<InventoryCommands, 'nextTransferId' | 'beginTransfer' | 'stepTransfer' | 'receiveTransfer'>
  tidy(): Promise<number>
  drift(): Promise<readonly Drift[]>
  counts(): { readonly groups: number; readonly requests: number }
}

const viewer = { kind: 'service', tenant: 't', clientId: 'shop', scopes: [], system: 'shop' } as const

/** Brings the tables up to date first. */
export async function openReservationEngine(database: Database): Promise<ReservationEngine> {
  await migrate(database, [
    eventLogMigrations(),
    connectorMigrations(),
    idempotencyMigrations(),
    { owner: 'inventory', folder: assetPath('subgraphs/inventory/migrations') },
  ])
  await database.query(
    `insert into inventory.channels (id, closed, name, kind, methods, version) values ('web', false, 'Web', 'WEB', '{SHIP}', 1)
     on conflict do nothing`,
  )
  await database.query(
    `insert into inventory.locations (id, code, name, kind, time_zone, address, capabilities, active, refs, system, received_at, version)
     values ('dc', 'DC', 'DC', 'DC', 'Europe/Paris', '{}', '{SHIP}', true, '[]', 'erp', now(), 1) on conflict do nothing`,
  )
  const cacheFactory = createCacheFactory({ maxEntries: 10_000 })
  const eventLog = createPostgresEventLog({ database })
  const board = { of: () => fresh, all: () => [fresh] }
  const commands = createInventoryCommands({
    database,
    eventLog,
    invalidator: cacheFactory,
    freshness: board,
    caches: createCaches(database, cacheFactory),
    ids: createIdMinter(systemClock),
  })

  return {
    async stock(variantId, units) {
      await database.query(
        `insert into inventory.positions (variant_id, location_id, withdrawn, on_hand, sellable, damaged, quality_control, return_hold,
           manual_hold, committed, incoming, system, received_at, version)
         values ($1, 'dc', false, $2, $2, 0, 0, 0, 0, 0, 0, 'erp', now(), 1)`,
        [variantId, units],
      )
    },
    async reserve(variantId, buyer) {
      const outcome = await commands.submit(reserveCommand(variantId, buyer))
      if (outcome.kind !== 'done') throw new Error(`not held: ${outcome.kind}`)
      return outcome.reservations[0]?.id ?? ''
    },
    submit: (command) => commands.submit(command),
    commands,
    tidy: commands.tidy,
    drift: () => readDrift(database),
    counts: commands.counts,
    async [Symbol.asyncDispose]() {
      await commands[Symbol.asyncDispose]()
      eventLog[Symbol.dispose]()
      await cacheFactory[Symbol.asyncDispose]()
    },
  }
}

const fresh = {
  system: 'erp',
  get syncedAt() {
    return new Date()
  },
  state: 'live',
  lastError: null,
  policy: { softTtlMs: 60_000, hardTtlMs: 600_000 },
} as const

export function keyedBy(operation: string, key: string, fingerprint: string): KeyedCommand {
  return keyedCommand({ tenant: 't', clientId: 'shop', operation, key }, fingerprint)
}

/** One unit of a variant; the buyer is the owner and, unless another is given, the key. */
export function reserveCommand(variantId: string, buyer: string, ttlSeconds = 600, key = buyer): ReserveCommand {
  return {
    kind: 'reserve',
    keyed: keyedBy('reserveStock', `reserve ${key}`, variantId),
    viewer,
    correlationId: 'none',
    channelId: 'web',
    method: 'SHIP',
    owner: { kind: 'CART', id: buyer },
    lines: [{ lineId: '1', variantId, quantity: 1 }],
    kits: [],
    ttlSeconds,
    replaceOwner: true,
    locationId: null,
    placed: true,
  }
}

/** Binds what a buyer holds to an order of the same name. */
export function confirmCommand(reservationId: string, buyer: string): ChangeCommand {
  return {
    kind: 'change',
    keyed: keyedBy('confirmReservation', `confirm ${reservationId}`, reservationId),
    viewer,
    correlationId: 'none',
    owner: { kind: 'CART', id: buyer },
    items: [{ reservationId, quantity: null }],
    step: { kind: 'confirm', orderId: `order ${buyer}` },
  }
}
