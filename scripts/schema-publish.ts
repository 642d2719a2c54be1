/**
 * Makes the working SDL what clients of a version are promised: `schema/released/<version>.graphql`, which `schema:check`
 * compares with. A version of the calendar only; one that is published is published anew only where nothing of it would be gone.
 *
 *   npm run schema:publish -- 2026-10                        says what comes with it
 *   npm run schema:publish -- 2026-10 --released FOLDER      the same in another folder
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { decidePublication } from '../schema/publish-released.ts'
import { readDatedVersions, readWorkingSchemas, releasedPath } from './released-schemas.ts'

const { values: options, positionals } = parseArgs({
  options: { released: { type: 'string' } },
  allowPositionals: true,
})
const [version = ''] = positionals

process.exitCode = publish()

function publish(): number {
  const path = releasedPath(version, options.released)
  const calendar = readDatedVersions()
  const outcome = decidePublication({
    version,
    calendar,
    released: calendar.includes(version) && existsSync(path) ? readFileSync(path, 'utf8') : null,
    working: calendar.includes(version) ? readWorkingSchemas()(version) : '',
  })
  switch (outcome.kind) {
    case 'refused':
      tell(`Cannot publish ${version || 'a version'}: ${outcome.reason}`)
      for (const change of outcome.breaking) tell(`  ${change}`)
      return 1
    case 'unchanged':
      tell(`${version} is published as it is`)
      return 0
    case 'published':
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, outcome.sdl)
      for (const coordinate of outcome.additions) tell(`  new: ${coordinate}`)
      tell(`${version} is published, with ${outcome.additions.length} additions`)
      return 0
    default:
      return outcome satisfies never
  }
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}
