import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../platform/sql/embedded.ts'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { type Child, startChild } from '../../support/child.ts'

const timeoutMs = 60_000

describe('startEmbeddedPostgres', () => {
  let folder: string
  let children: Child[]
  let servers: EmbeddedPostgres[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-embedded-'))
    children = []
    servers = []
  })
  afterEach(async () => {
    for (const child of children) await child[Symbol.asyncDispose]()
    // Adopts whatever a killed child left, so that nothing outlives the test.
    if ((await serverPid()) !== null) await start()
    for (const server of servers) await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const start = async (): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ folder, log: () => {} })
    servers.push(server)
    return server
  }
  const startProcess = (): Child => {
    const child = startChild('embedded-child.ts', [folder])
    children.push(child)
    return child
  }
  const serverPid = async (): Promise<number | null> => {
    const text = await readFile(join(folder, 'pgdata', 'postmaster.pid'), 'utf8').catch(() => null)
    return text === null ? null : Number.parseInt(text, 10)
  }
  const ask = async (url: string, text: string): Promise<unknown> => {
    await using database = openPostgres({ url, poolSize: 1 })
    return (await database.query(text)).rows
  }

  it('serves a durable database that logs for replication, and keeps its rows from start to start', async () => {
    const first = await start()
    await first.ensureDatabase('kept')
    await first.ensureDatabase('kept')
    await ask(first.url('kept'), 'create table t as select 1 as n')
    const settings = `select current_setting('wal_level') as wal, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses`
    expect(await ask(first.url('kept'), settings)).toEqual([
      { wal: 'logical', fsync: 'on', commit: 'on', addresses: '127.0.0.1' },
    ])
    await first[Symbol.asyncDispose]()
    expect(await serverPid()).toBeNull()
    const second = await start()
    expect(await ask(second.url('kept'), 'select n from t')).toEqual([{ n: 1 }])
  })

  it('asks for its password, which only this user may read', async () => {
    const server = await start()
    const url = new URL(server.url('postgres'))
    expect((await stat(join(folder, 'password'))).mode & 0o077).toBe(0)
    url.password = 'guess'
    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('is shared by processes, and stopped by the last to leave', async () => {
    const [one, two] = [startProcess(), startProcess()]
    const urls = await Promise.all([one.line('ready', timeoutMs), two.line('ready', timeoutMs)])
    expect(urls[0]).toBe(urls[1])
    one.send('leave')
    expect(await one.ended).toBe(0)
    expect(await ask(urls[0] ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
    two.send('leave')
    expect(await two.ended).toBe(0)
    expect(await serverPid()).toBeNull()
  })

  it('adopts the server that a killed process left', async () => {
    const child = startProcess()
    const url = await child.line('ready', timeoutMs)
    const pid = await serverPid()
    await child.kill('SIGKILL')
    const server = await start()
    expect([server.url('shared'), await serverPid()]).toEqual([url, pid])
  })

  it('begins again when the first start was killed amid creating the data folder', async () => {
    const child = startProcess()
    await child.line('log creating', timeoutMs)
    await expect
      .poll(async () => (await readdir(folder)).some((name) => name.startsWith('pgdata.draft')), {
        timeout: timeoutMs,
        interval: 1,
      })
      .toBe(true)
    await child.kill('SIGKILL')
    expect(await readdir(folder)).not.toContain('pgdata')
    const server = await start()
    expect(await ask(server.url('postgres'), 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await readdir(folder)).filter((name) => name.startsWith('pgdata.draft'))).toEqual([])
  })

  it('starts over a process id that is stale or belongs to another program', async () => {
    const first = await start()
    await first[Symbol.asyncDispose]()
    await writeFile(join(folder, 'pgdata', 'postmaster.pid'), `${process.pid}\n${folder}/pgdata\n0\n1\n`)
    const second = await start()
    expect(await ask(second.url('postgres'), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('starts the server again when it dies, and recovers what was committed', async () => {
    const server = await start()
    await using database = openPostgres({ url: server.url('postgres') })
    await database.query('create table t as select 1 as n')
    const pid = await serverPid()
    process.kill(pid ?? Number.NaN, 'SIGKILL')
    await expect.poll(async () => ((await serverPid()) ?? pid) !== pid, { timeout: timeoutMs }).toBe(true)
    await expect
      .poll(async () => (await database.query('select n from t').catch(() => null))?.rows, { timeout: timeoutMs })
      .toEqual([{ n: 1 }])
  })
})
