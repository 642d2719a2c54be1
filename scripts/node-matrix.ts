/**
 * Runs the test suite on each supported Node release. `npm run test:nodes [-- 20 22 24]`
 *
 * The releases come from the npm registry as packages, so nothing but npm is needed.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assetPath } from '../platform/assets.ts'

const asked = process.argv.slice(2)
const releases = asked.length > 0 ? asked : ['20', '22', '24']
const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const outcomes = releases.map((release) => ({ release, status: runOn(release) }))

for (const { release, status } of outcomes) {
  process.stdout.write(`Node ${release}: ${status === 0 ? 'passed' : `failed with exit code ${status}`}\n`)
}
process.exitCode = outcomes.every(({ status }) => status === 0) ? 0 : 1

function runOn(release: string): number {
  const folder = assetPath(`node_modules/.cache/node-${release}`)
  const node = join(folder, 'node_modules', platform, 'bin', 'node')
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true })
    const install = ['install', '--no-save', '--ignore-scripts', '--prefix', folder, `${platform}@${release}`]
    execFileSync('npm', install, { stdio: 'inherit' })
  }
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  process.stdout.write(`\n=== Node ${version} ===\n`)
  // Tests start further processes with process.execPath, so those run on the same release.
  const run = spawnSync(node, [assetPath('node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: assetPath('.'),
    stdio: 'inherit',
  })
  return run.status ?? 1
}
