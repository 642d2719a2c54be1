import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../platform/sql/embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where this run's embedded PostgreSQL lives; the first test file that needs it starts it. */
    postgresFolder: string
  }
}

/** Names a folder for this run's database server, and stops and removes the server when the run is over. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'storeloom-test-'))
  project.provide('postgresFolder', folder)
  const guard = startGuard(folder)
  return async () => {
    if ((await stat(join(folder, 'pgdata', 'postmaster.pid')).catch(() => null)) !== null) {
      const server = await startEmbeddedPostgres({ folder, log: () => {} })
      await server[Symbol.asyncDispose]()
    }
    guard()
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

/** A run that is killed cannot clean up, so a shell that notices our end does: its standard input closes. */
function startGuard(folder: string): () => void {
  if (process.platform === 'win32') return () => {}
  const script = `cat >/dev/null
    if [ -f "$1/pgdata/postmaster.pid" ]; then kill -INT "$(head -n 1 "$1/pgdata/postmaster.pid")"; sleep 2; fi
    rm -rf "$1"`
  const child = spawn('sh', ['-c', script, 'guard', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.unref()
  return () => void child.stdin?.end()
}
