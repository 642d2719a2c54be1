import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors/app-error.ts'

/**
 * Runs `work` while no other process of this machine runs one under the same lock file. The lock of a process that
 * died is taken over.
 * @throws AppError `UPSTREAM_TIMEOUT` when the lock is not free within `timeoutMs`
 */
export async function withFolderLock<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs
  const token = `${process.pid} ${randomUUID()}`
  while (!(await tryLock(path, token))) {
    if (Date.now() > deadline) {
      throw new AppError('UPSTREAM_TIMEOUT', `Cannot lock the data folder: another process held it for ${timeoutMs} ms`)
    }
    await sleep(50)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

/** True when a process with that id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EPERM'
  }
}

async function tryLock(path: string, token: string): Promise<boolean> {
  // Written aside and linked into place, so that nobody ever reads a lock file without its owner in it.
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, token, { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch {
    await removeStale(path)
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

async function removeStale(path: string): Promise<void> {
  const seen = await readFile(path, 'utf8').catch(() => null)
  if (seen === null || isAlive(Number.parseInt(seen, 10))) return
  // Two waiters may both find it stale: only the one whose rename catches the very file it read may drop it.
  const aside = `${path}.${randomUUID()}`
  await rename(path, aside).catch(() => {})
  const caught = await readFile(aside, 'utf8').catch(() => null)
  if (caught !== null && caught !== seen) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}
