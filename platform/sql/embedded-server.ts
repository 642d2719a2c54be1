import { open, readFile, rm, stat, truncate } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { AppError } from '../errors/app-error.ts'
import type { EmbeddedBinaries } from './embedded-binaries.ts'
import { isAlive } from './folder-lock.ts'
import type { ServerUser } from './server-user.ts'

export type EmbeddedServer = {
  readonly binaries: EmbeddedBinaries
  readonly folder: string
  readonly dataFolder: string
  readonly user: ServerUser
  readonly password: string
  readonly log: (message: string) => void
}

export type Endpoint = { readonly port: number; readonly password: string }

export type RunOptions = {
  readonly port: number | undefined
  readonly settings: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

/** @returns the connection URL of one database on the server */
export function urlOf(endpoint: Endpoint, database: string): string {
  return `postgresql://postgres:${endpoint.password}@127.0.0.1:${endpoint.port}/${encodeURIComponent(database)}`
}

/**
 * Joins the server that runs on the data folder, or starts one. Call it under the folder's lock.
 * @throws AppError `UPSTREAM_TIMEOUT` when it does not answer before the deadline, `CONFIG_INVALID` when it ends at once
 */
export async function ensureRunning(server: EmbeddedServer, options: RunOptions): Promise<Endpoint> {
  for (;;) {
    const running = await readRunning(server.dataFolder)
    if (running === null) {
      const endpoint = await launch(server, options)
      if (endpoint !== null) return endpoint
    } else {
      const endpoint = { port: running.port, password: server.password }
      if (running.port > 0 && (await answers(endpoint, server.dataFolder))) return endpoint
    }
    if (Date.now() > options.deadline) {
      throw new AppError('UPSTREAM_TIMEOUT', 'Cannot start the embedded PostgreSQL: it was not ready in time')
    }
    await sleep(50)
  }
}

/** Stops the server the fast way: sessions end, everything committed is on disk. Resolves when the process is gone. */
export async function stopServer(
  server: Pick<EmbeddedServer, 'dataFolder' | 'binaries'>,
  timeoutMs: number,
): Promise<void> {
  const running = await readRunning(server.dataFolder)
  if (running === null) return
  if (process.platform === 'win32') {
    const { spawn } = await import('node:child_process')
    spawn(server.binaries.pgCtl, ['stop', '-m', 'fast', '-D', server.dataFolder], { stdio: 'ignore' })
  } else {
    process.kill(running.pid, 'SIGINT')
  }
  const deadline = Date.now() + timeoutMs
  while (isAlive(running.pid) && (await readRunning(server.dataFolder)) !== null) {
    if (Date.now() > deadline) throw new AppError('UPSTREAM_TIMEOUT', 'Cannot stop the embedded PostgreSQL in time')
    await sleep(20)
  }
}

/**
 * The server named in `postmaster.pid`. A file whose process is gone, or belongs to another program since a reboot,
 * is stale and removed.
 */
async function readRunning(dataFolder: string): Promise<{ pid: number; port: number } | null> {
  const path = join(dataFolder, 'postmaster.pid')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!Number.isInteger(pid) || !isAlive(pid) || !(await isPostgres(pid))) {
    await rm(path, { force: true })
    return null
  }
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0 }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const [name, state] = await Promise.all([
    readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
  ])
  // A zombie has ended already; its parent has yet to notice.
  return name.trim() === 'postgres' && !/^\d+ \(.*\) Z/.test(state)
}

async function answers(endpoint: Endpoint, dataFolder: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(endpoint, 'postgres'), connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`)
    return rows[0]?.folder === dataFolder
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** @returns null when it ended at once for a cause that passes, such as workers of a killed server still dying */
async function launch(server: EmbeddedServer, options: RunOptions): Promise<Endpoint | null> {
  const port = await choosePort(server.folder, options.port)
  const logPath = join(server.folder, 'server.log')
  if (((await stat(logPath).catch(() => null))?.size ?? 0) > longestLogBytes) await truncate(logPath)
  const logFile = await open(logPath, 'a', 0o600)
  const settings = { ...defaultSettings, ...options.settings, port: String(port) }
  const args = [
    '-D',
    server.dataFolder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  let ended: string | null = null
  // Detached: an interrupt typed at the terminal must reach us first, so that we close in order.
  const child = server.user.spawn(server.binaries.postgres, args, {
    cwd: server.folder,
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  })
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended = `ended with ${code ?? signal}`
  })
  child.unref()
  await logFile.close()
  const endpoint = { port, password: server.password }
  const startedAt = Date.now()
  while (ended === null) {
    if (await answers(endpoint, server.dataFolder)) return endpoint
    if (Date.now() > options.deadline) {
      throw new AppError('UPSTREAM_TIMEOUT', 'Cannot start the embedded PostgreSQL: it was not ready in time')
    }
    await sleep(20)
  }
  const tail = (await readFile(logPath, 'utf8').catch(() => '')).slice(-2_000)
  const passing = /pre-existing shared memory block|Address already in use|lock file .* already exists/.test(tail)
  if (passing && Date.now() - startedAt < options.deadline) {
    await sleep(200)
    return null
  }
  throw new AppError(
    'CONFIG_INVALID',
    `Cannot start the embedded PostgreSQL: the server ended at once, see ${logPath}. Set DATABASE_URL to use a server of your own`,
    { cause: new Error(`${String(ended)}: ${tail}`) },
  )
}

/** The port asked for, else the last one, else any free one. */
async function choosePort(folder: string, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) return wanted
  const path = join(folder, 'port')
  const last = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
  const port = (await freePort(Number.isInteger(last) ? last : 0)) ?? (await freePort(0))
  if (port === null)
    throw new AppError('CONFIG_INVALID', 'Cannot start the embedded PostgreSQL: no free port on 127.0.0.1')
  const file = await open(path, 'w', 0o600)
  await file.writeFile(String(port))
  await file.close()
  return port
}

async function freePort(port: number): Promise<number | null> {
  const probe = createServer()
  return await new Promise((resolve) => {
    probe.once('error', () => resolve(null))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null))
    })
  })
}

const longestLogBytes = 10_000_000

/** Every commit is on disk when it is acknowledged; the rest suits a machine shared with the application. */
const defaultSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'logical',
  max_replication_slots: '20',
  max_wal_senders: '20',
  // An abandoned replication slot must not fill the disk.
  max_slot_wal_keep_size: '4GB',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  wal_compression: 'on',
  checkpoint_timeout: '10min',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  client_connection_check_interval: '2s',
} as const
