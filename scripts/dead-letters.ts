/**
 * Shows what could not be taken in, newest first; beside a running Storeloom or alone, by its configuration.
 *
 *   npm run dead-letters                 the newest 100
 *   npm run dead-letters -- --retry      tries all again first
 *   npm run dead-letters -- --json       one JSON object per line, at most 10,000
 */
import { parseArgs } from 'node:util'
import { openDeadLetters } from '../app/dead-letters.ts'
import { readConfig } from '../platform/config.ts'
import { createCloser } from '../platform/lifecycle.ts'
import { createLog } from '../platform/telemetry/log.ts'
import { createMetrics } from '../platform/telemetry/metrics.ts'

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, retry: { type: 'boolean' } } })
const log = createLog({ level: 'warn', format: 'text', write: (line) => process.stderr.write(line) })
const closer = createCloser()
const stopping = new AbortController()
try {
  const deadLetters = await openDeadLetters({
    config: readConfig(process.env),
    environment: process.env,
    closer,
    log,
    metrics: createMetrics(),
    signal: stopping.signal,
    demo: {},
  })
  if (options.retry === true) process.stderr.write(`${await deadLetters.retry()} went through\n`)
  const { letters, total } = await deadLetters.list(options.json === true ? 10_000 : 100)
  for (const letter of letters) {
    const { origin, of, kind, key, reason, attempts, since } = letter
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(letter)}\n`
        : `${since.toISOString()} ${origin} ${of} ${kind} ${key}: ${reason ?? 'waits behind an earlier one'} (tried ${attempts} times)\n`,
    )
  }
  if (options.json !== true) process.stdout.write(`${total} dead letters\n`)
} finally {
  stopping.abort()
  await closer.close()
}
