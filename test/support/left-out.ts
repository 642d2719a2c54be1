import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What some test files need and a bare machine may not have: any of `commands`. A file needs it when it imports `support`. */
type Need = { readonly commands: readonly string[]; readonly support: string; readonly install: string }

const needs: readonly Need[] = [
  { commands: ['redis-server'], support: 'support/redis.ts', install: 'apt-get install redis-server' },
  {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    support: 'support/chromium.ts',
    install: 'apt-get install chromium',
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
    .filter(({ commands }) => !commands.some((command) => isInstalled(command, environment.PATH ?? '')))
    .map((need) => ({
      ...need,
      files: testFiles.filter((file) => readFileSync(file, 'utf8').includes(`${need.support}'`)),
    }))
    .filter(({ files }) => files.length > 0)
  if (missing.length === 0) return { files: [], notice: null }
  const text = missing
    .map(({ commands, install, files }) => `${count(files.length)} for want of ${commands[0]} (${install})`)
    .join(', ')
  if (environment.STORELOOM_TEST_REQUIRE === 'all') {
    throw new Error(`Cannot run every test file, as STORELOOM_TEST_REQUIRE=all asks: ${text}`)
  }
  return { files: [...new Set(missing.flatMap(({ files }) => files))], notice: `Left out: ${text}` }
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
