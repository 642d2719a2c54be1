// Storeloom's bare gateway, as `npm run gateway` starts it.
import { spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { supergraph } from './serve.mjs'

const file = join(await mkdtemp(join(tmpdir(), 'peers-')), 'supergraph.graphql')
await writeFile(file, supergraph())
const main = new URL('../../../dist/main.js', import.meta.url).pathname
const child = spawn(
  process.execPath,
  ['--max-semi-space-size=64', ...process.execArgv, main, 'gateway', '--supergraph', file, '--port', '0'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
process.on('exit', () => child.kill('SIGKILL'))
process.on('SIGTERM', () => process.exit())
process.on('disconnect', () => process.exit())
let output = ''
child.stdout.on('data', (chunk) => {
  output += chunk
  const [, port] = /http:\/\/[\d.a-z]+:(\d+)/.exec(output) ?? []
  if (port !== undefined) process.send({ port: Number(port), path: '/graphql', pid: child.pid })
})
