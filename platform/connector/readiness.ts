import { AppError } from '../errors/app-error.ts'

/** A connector's promise that its first complete read is in the log. */
export type Readiness = {
  readonly promise: Promise<void>
  resolve(): void
  /** Rejects with `SHUTTING_DOWN` unless it was resolved before. */
  stopped(): void
}

export function createReadiness(system: string): Readiness {
  let resolve: () => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  // Nobody may be waiting for it.
  promise.catch(() => {})
  return {
    promise,
    resolve: () => resolve(),
    stopped: () => reject(new AppError('SHUTTING_DOWN', `Cannot read system ${system}: it was stopped`)),
  }
}
