import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors/app-error.ts'
import type { EmbeddedServer } from './embedded-server.ts'

/** The server's password, made at first use and readable by this user alone. */
export async function readPassword(folder: string): Promise<string> {
  const path = join(folder, 'password')
  const known = await readFile(path, 'utf8').catch(() => '')
  if (known !== '') return known
  const password = randomBytes(24).toString('base64url')
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, password, { mode: 0o600, flush: true })
  await rename(draft, path)
  return password
}

/**
 * Makes the data folder unless it is there. `initdb` works aside and its result is renamed into place, so a folder
 * that has the final name is whole; what a killed attempt left is removed.
 */
export async function createDataFolder(server: EmbeddedServer): Promise<void> {
  const { folder, dataFolder, user } = server
  for (const entry of await readdir(folder)) {
    if (entry.startsWith(draftPrefix)) {
      // An initdb whose parent was killed may still write there; losing its folder ends it.
      await rm(join(folder, entry), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    }
  }
  if ((await stat(join(dataFolder, 'PG_VERSION')).catch(() => null)) !== null) return

  server.log('creating the embedded PostgreSQL data folder')
  const draft = join(folder, `${draftPrefix}${randomUUID()}`)
  const passwordFile = `${draft}.password`
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, `${server.password}\n`, { mode: 0o600 })
  if (user.owner !== null) {
    await chown(draft, user.owner.uid, user.owner.gid)
    await chown(passwordFile, user.owner.uid, user.owner.gid)
  }
  try {
    await runInitdb(server, draft, passwordFile)
    await chmod(draft, 0o700)
    await rename(draft, dataFolder)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}

const draftPrefix = 'pgdata.draft-'

async function runInitdb(server: EmbeddedServer, draft: string, passwordFile: string): Promise<void> {
  const args = [
    `--pgdata=${draft}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts alike on every machine and Node; words are compared by the application where language matters.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]
  const child = server.user.spawn(server.binaries.initdb, args, {
    cwd: server.folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4_000)
  })
  const outcome = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) =>
      resolve(code === 0 ? null : `initdb ended with ${code ?? signal}: ${complaint}`),
    )
  })
  if (outcome === null) return
  throw new AppError(
    'CONFIG_INVALID',
    'Cannot create the data folder of the embedded PostgreSQL: initdb failed. Choose a folder that other users may ' +
      'reach when running as root, or set DATABASE_URL to use a server of your own',
    { cause: new Error(outcome) },
  )
}
