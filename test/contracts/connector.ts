import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connector } from '../../platform/connector/connector.ts'
import type { Database } from '../../platform/sql/database.ts'
import { eventually, openConnectorStore, readEvents } from '../support/connector.ts'
import type { TestDatabase } from '../support/postgres.ts'

/** A system with three things in it, and the connector that wraps it. */
export type ConnectorWorld = AsyncDisposable & {
  /** A further process's connector to the same system, over the given store. */
  connect(database: Database): Connector
  readonly system: string
  /** Resolves when nothing of a stopped connector holds the system any more. */
  released(): Promise<void>
}

/** What every connector promises, whatever system it wraps. */
export function describeConnector(name: string, openWorld: () => Promise<ConnectorWorld>): void {
  describe(`${name}, as a connector`, () => {
    let store: TestDatabase
    let world: ConnectorWorld
    beforeEach(async () => {
      store = await openConnectorStore()
      world = await openWorld()
    })
    afterEach(async () => {
      await world[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    })

    const stateOf = async (): Promise<string | undefined> => {
      const { rows } = await store.database.query<{ state: string }>(
        'select state from connector.sync_state where system = $1',
        [world.system],
      )
      return rows[0]?.state
    }

    it('MUST be ready only when everything is in the log', async () => {
      await using connector = world.connect(store.database)
      const running = connector.run(new AbortController().signal)
      await connector.ready
      expect(await readEvents(store.database)).toHaveLength(3)
      await connector[Symbol.asyncDispose]()
      await running
      await world.released()
    })

    it('MUST become live, and stopped when its signal says so', async () => {
      await using connector = world.connect(store.database)
      const stop = new AbortController()
      const running = connector.run(stop.signal)
      await eventually(stateOf, (state) => state === 'live')
      stop.abort()
      await running
      expect(await stateOf()).toBe('stopped')
      await world.released()
    })

    it('MUST make no event of what a restart reads again', async () => {
      for (const _ of ['first', 'second']) {
        const connector = world.connect(store.database)
        const running = connector.run(new AbortController().signal)
        await eventually(stateOf, (state) => state === 'live')
        await connector[Symbol.asyncDispose]()
        await running
        await world.released()
      }
      expect(await readEvents(store.database)).toHaveLength(3)
    })

    it('MUST reject its readiness when it is stopped before', async () => {
      await using connector = world.connect(store.database)
      await connector.run(AbortSignal.abort())
      await expect(connector.ready).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    })

    it('MUST run once, however often it is asked, and close twice without harm', async () => {
      const connector = world.connect(store.database)
      const { signal } = new AbortController()
      expect(connector.run(signal)).toBe(connector.run(signal))
      await connector.ready
      await connector[Symbol.asyncDispose]()
      await connector[Symbol.asyncDispose]()
      await world.released()
      expect(await readEvents(store.database)).toHaveLength(3)
    })
  })
}
