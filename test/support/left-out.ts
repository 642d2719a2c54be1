import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { assetPath } from '../../platform/assets.ts'

/** What some test files need and a bare machine may not have: any of `commands`, or a `file`. A file needs it when it imports `support`. */
type Need = { readonly support: string; readonly install: string } & (
  | { readonly commands: readonly string[] }
  | { readonly file: string; readonly name: string }
)

const needs: readonly Need[] = [
  { commands: ['redis-server'], support: 'support/redis.ts', install: 'apt-get install redis-server' },
  {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    support: 'support/chromium.ts',
    install: 'apt-get install chromium',
  },
  {
    file: '../shared/fixtures/northwind/northwind.sql',
    name: 'the Northwind database',
    support: 'support/northwind.ts',
    install: 'put its dump at ../shared/fixtures/northwind/northwind.sql',
  },
]

export type LeftOut = {
  /** Test files that cannot run here, as given. */
  readonly files: readonly string[]
  /** One line for the end of the run, or null when everything can run. */
  readonly notice: string | null
}

/**
 * Finds the test files that this machine cannot run.
 * @param environment `PATH` is searched; with `STORELOOM_TEST_REQUIRE=all` nothing may be left out
 * @throws Error naming what is missing and how to get it, when it is required
 */
export function findLeftOut(
  testFiles: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): LeftOut {
  const missing = needs
    .filter((need) => !isHere(need, environment.PATH ?? ''))
    .map((need) => ({
      ...need,
      files: testFiles.filter((file) => readFileSync(file, 'utf8').includes(`${need.support}'`)),
    }))
    .filter(({ files }) => files.length > 0)
  if (missing.length === 0) return { files: [], notice: null }
  const text = missing
    .map((need) => `${count(need.files.length)} for want of ${nameOf(need)} (${need.install})`)
    .join(', ')
  if (environment.STORELOOM_TEST_REQUIRE === 'all') {
    throw new Error(`Cannot run every test file, as STORELOOM_TEST_REQUIRE=all asks: ${text}`)
  }
  return { files: [...new Set(missing.flatMap(({ files }) => files))], notice: `Left out: ${text}` }
}

function isHere(need: Need, searchPath: string): boolean {
  return 'file' in need
    ? existsSync(assetPath(need.file))
    : need.commands.some((command) => isInstalled(command, searchPath))
}

function nameOf(need: Need): string | undefined {
  return 'file' in need ? need.name : need.commands[0]
}

function isInstalled(command: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

function count(files: number): string {
  return files === 1 ? '1 test file' : `${files} test files`
}
