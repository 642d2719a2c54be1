import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A secret of this installation: the configured one, or one made once and kept in the data folder, readable by its
 * owner alone. Two processes that start at once agree on the one that was written first.
 */
export async function keepSecret(configured: string | undefined, dataDir: string, name: string): Promise<string> {
  if (configured !== undefined) return configured
  const folder = join(dataDir, 'secrets')
  const file = join(folder, name)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readFile(file, 'utf8')
}
