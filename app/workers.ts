import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { App, AppOptions } from '../app.ts'
import { pause } from '../platform/resilience/backoff.ts'

const completeMessage = 'complete'
/** From the end of a worker to the start of the one in its place. */
export const restartPauseMs = 500

/**
 * Serves on `count` processes that share one port, while this one follows the systems of record and keeps the read
 * models. A worker that dies is replaced; requests of the others go on.
 * @param startKeeper starts what this process does
 */
export async function startWorkers(
  options: AppOptions,
  count: number,
  startKeeper: (options: AppOptions) => Promise<App>,
): Promise<App> {
  const { log } = options
  const keeper = await startKeeper(options)
  const stopping = new AbortController()
  let complete = false

  function start(): Worker {
    const worker = cluster.fork()
    worker.on('online', () => complete && worker.send(completeMessage))
    worker.on('exit', (code, signal) => {
      if (stopping.signal.aborted) return
      log.warn('A worker ended and is replaced', { pid: worker.process.pid, code, signal })
      void pause(restartPauseMs, stopping.signal).then(() => {
        if (!stopping.signal.aborted) start()
      })
    })
    return worker
  }

  const workers = Array.from({ length: count }, start)
  const [first] = await Promise.all(
    workers.map((worker) => Promise.race([once(worker, 'listening'), once(worker, 'exit')])),
  )
  keeper.complete.then(
    () => {
      complete = true
      for (const worker of Object.values(cluster.workers ?? {})) worker?.send(completeMessage)
    },
    () => {},
  )
  return {
    url: `http://${options.config.server.host}:${portOf(first)}`,
    complete: keeper.complete,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      const ended = living.map((worker) => once(worker, 'exit'))
      for (const worker of living) worker.process.kill('SIGTERM')
      await Promise.all(ended)
      await keeper[Symbol.asyncDispose]()
    },
  }
}

function portOf(listening: readonly unknown[] | undefined): number {
  const [address] = listening ?? []
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new TypeError('Cannot serve: the first worker ended before it listened; its log says why')
}

/** What a worker does: it serves what the process that started it keeps. */
export async function startWorker(options: AppOptions, start: (options: AppOptions) => Promise<App>): Promise<App> {
  const app = await start({ ...options, completeElsewhere: untilTold() })
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      // The channel to the first process would keep this one alive.
      process.disconnect()
    },
  }
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      if (message === completeMessage) resolve()
    })
  })
}
