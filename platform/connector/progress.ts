import type { ReadProgress } from './postgres-sync.ts'

/** Tells a person how far the first reads are, e.g. `oms order 12,000/20,000`. */
export type ProgressTeller = (progress: ReadProgress) => void

/**
 * @param write receives one line at a time
 * @param everyMs the least time between two lines of one kind; its first and last always come. Default 1,000
 */
export function createProgressTeller(write: (line: string) => void, now: () => Date, everyMs = 1_000): ProgressTeller {
  const toldAtMs = new Map<string, number>()
  return (progress) => {
    const name = `${progress.system} ${progress.kind}`
    const nowMs = now().getTime()
    const complete = progress.total !== null && progress.done >= progress.total
    if (!complete && nowMs - (toldAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return
    toldAtMs.set(name, nowMs)
    write(toProgressLine(progress))
  }
}

export function toProgressLine({ system, kind, done, total }: ReadProgress): string {
  const count = done.toLocaleString('en-US')
  return `${system} ${kind} ${total === null ? count : `${count}/${total.toLocaleString('en-US')}`}`
}
