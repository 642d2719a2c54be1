import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { findEmbeddedBinaries } from './embedded-binaries.ts'
import { createDataFolder, readPassword } from './embedded-data-folder.ts'
import { type Endpoint, ensureRunning, stopServer, urlOf } from './embedded-server.ts'
import { withFolderLock } from './folder-lock.ts'
import { chooseServerUser } from './server-user.ts'

export type EmbeddedPostgres = AsyncDisposable & {
  /** The URL of one database of this server, with its password. */
  url(database: string): string
  /** Creates the database when it is not there yet; safe when two processes do so at once. */
  ensureDatabase(name: string): Promise<void>
}

export type EmbeddedPostgresOptions = {
  /** Holds everything durable; made when missing. */
  readonly folder: string
  /** On 127.0.0.1. Default: a free one, kept from start to start while it stays free. */
  readonly port?: number
  readonly log: (message: string) => void
  /** Further server settings, e.g. `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>
  /** Bound on the whole start, recovery included. Default 120,000. */
  readonly startTimeoutMs?: number
}

/**
 * Starts a real PostgreSQL on this machine, or joins the one that already runs on `folder`, left by a killed process
 * or shared with another one. Disposing leaves; the last one to leave stops the server. Should the server die
 * meanwhile, it is started again.
 *
 * @throws AppError `CONFIG_INVALID` when there are no binaries for this platform or the folder cannot be used;
 * `UPSTREAM_TIMEOUT` when the server is not ready in time
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findEmbeddedBinaries()
  const folder = resolve(options.folder)
  const timeoutMs = options.startTimeoutMs ?? 120_000
  await mkdir(folder, { recursive: true })
  const lockPath = join(folder, 'starting.lock')
  const dataFolder = join(folder, 'pgdata')
  let disposed = false
  let presence: pg.Client | undefined
  let rejoining: Promise<void> | undefined

  async function enter(): Promise<Endpoint> {
    return await withFolderLock(lockPath, timeoutMs, async () => {
      const password = await readPassword(folder)
      const user = await chooseServerUser(dataFolder, binaries.postgres)
      const server = { binaries, folder, dataFolder, user, password, log: options.log }
      await createDataFolder(server)
      const endpoint = await ensureRunning(server, {
        port: options.port,
        settings: options.settings ?? {},
        deadline: Date.now() + timeoutMs,
      })
      presence = await announce(endpoint, () => {
        if (!disposed) rejoining = rejoin()
      })
      return endpoint
    })
  }

  /** The server died under us (killed, out of memory): start it again so that pools can reconnect. */
  async function rejoin(): Promise<void> {
    for (let attempt = 1; !disposed; attempt += 1) {
      await sleep(Math.min(attempt * 200, 5_000), undefined, { ref: false })
      if (disposed) return
      try {
        options.log('the embedded PostgreSQL went away; starting it again')
        endpoint = await enter()
        return
      } catch (error) {
        options.log(`cannot restart the embedded PostgreSQL: ${error instanceof Error ? error.message : 'unknown'}`)
      }
    }
  }

  let endpoint = await enter()
  return {
    url: (database) => urlOf(endpoint, database),

    async ensureDatabase(name) {
      const client = new pg.Client({ connectionString: urlOf(endpoint, 'postgres') })
      client.on('error', () => {})
      await client.connect()
      try {
        const { rows } = await client.query('select 1 from pg_database where datname = $1', [name])
        if (rows.length === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`)
      } catch (error) {
        // duplicate_database, or the unique violation two simultaneous creations end in
        if (!(error instanceof pg.DatabaseError && (error.code === '42P04' || error.code === '23505'))) throw error
      } finally {
        await client.end()
      }
    },

    async [Symbol.asyncDispose]() {
      if (disposed) return
      disposed = true
      await rejoining
      await withFolderLock(lockPath, timeoutMs, async () => {
        const others = await countOthers(presence)
        await presence?.end().catch(() => {})
        if (others === 0) await stopServer({ binaries, dataFolder }, timeoutMs)
        else options.log(`leaving the embedded PostgreSQL running for ${others} other connection(s)`)
      })
    },
  }
}

/** An open connection is how the processes that share a server see each other; the server itself drops it when one dies. */
async function announce(endpoint: Endpoint, onLost: () => void): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(endpoint, 'postgres'),
    application_name: 'storeloom presence',
    keepAlive: true,
  })
  client.on('error', () => {})
  await client.connect()
  client.on('end', onLost)
  return client
}

/** Connections of other clients, followers of the write-ahead log included. Those just closed get 500 ms to vanish. */
async function countOthers(presence: pg.Client | undefined): Promise<number> {
  const deadline = Date.now() + 500
  for (;;) {
    const answer = await presence?.query<{ others: string }>(othersText).catch(() => undefined)
    const others = Number(answer?.rows[0]?.others ?? 0)
    if (others === 0 || Date.now() > deadline) return others
    await sleep(50)
  }
}

const othersText = `select count(*) as others from pg_stat_activity
  where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()`
