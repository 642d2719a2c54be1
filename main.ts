import cluster from 'node:cluster'
import { openBareGateway } from './app/bare-gateway.ts'
import { readCommandLine } from './app/command-line.ts'
import { startWorker, startWorkers } from './app/workers.ts'
import { type App, type AppOptions, startApp, startKeeper, startSubgraph } from './app.ts'
import { type Config, readConfig } from './platform/config.ts'
import { AppError } from './platform/errors/app-error.ts'
import { createLog } from './platform/telemetry/log.ts'

/** The process's edge: arguments and environment in, signals, exit code. */
async function main(): Promise<void> {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const command = readCommandLine(process.argv.slice(2))
  const environment = { ...process.env, ...(command.kind === 'serve' ? command.environment : {}) }
  const config = readConfig(environment)
  const log = createLog({ ...config.log, format: logFormatOf(config) })
  const options = { config, environment, log, signal: stopping.signal }
  await using running =
    command.kind === 'gateway'
      ? await openBareGateway(command, log)
      : command.kind === 'subgraph'
        ? await startSubgraph(options, command.name, command.port)
        : await serve(options, command.workers)
  log.info(`Listening on ${running.url}`)
  if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))
  log.info('Stopping: no new requests, those under way may finish')
}

function logFormatOf({ log, process: { environment } }: Config): 'json' | 'text' {
  if (log.format !== 'auto') return log.format
  return environment === 'production' ? 'json' : 'text'
}

/** A worker serves; the process that starts workers keeps the read models; without workers one does both. */
function serve(options: AppOptions, workers: number): Promise<App> {
  if (cluster.isWorker) return startWorker(options, startApp)
  return workers === 0 ? startApp(options) : startWorkers(options, workers, startKeeper)
}

main().catch((error: unknown) => {
  const known = error instanceof AppError && error.code === 'CONFIG_INVALID'
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
