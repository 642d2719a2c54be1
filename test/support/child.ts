import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { assetPath } from '../../platform/assets.ts'

export type Child = AsyncDisposable & {
  /** Waits for a line of its output that begins so. @returns the rest of that line; rejects when it ends first */
  line(prefix: string, timeoutMs: number): Promise<string>
  send(text: string): void
  kill(signal: NodeJS.Signals): Promise<void>
  /** Resolves with its exit code once it has ended. */
  readonly ended: Promise<number | null>
}

const support = (file: string): string => new URL(`./${file}`, import.meta.url).href

/** Runs a script of `test/support` as a process of its own, from source. It ends when this one does. */
export function startChild(script: string, args: readonly string[] = []): Child {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', support('end-with-parent.ts'), assetPath(`test/support/${script}`), ...args],
    { stdio: ['pipe', 'pipe', 'inherit'], cwd: assetPath('.') },
  )
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null))
  const lines: string[] = []
  const arrivals = new Set<() => void>()
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      for (const arrive of arrivals) arrive()
    })
  }
  return {
    ended,
    send: (text) => void child.stdin?.write(`${text}\n`),
    line: (prefix, timeoutMs) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer)
          arrivals.delete(arrive)
          settle()
        }
        const arrive = (): void => {
          const at = lines.findIndex((line) => line.startsWith(prefix))
          const found = lines[at]
          if (found === undefined) return
          lines.splice(at, 1)
          finish(() => resolve(found.slice(prefix.length).trim()))
        }
        const timer = setTimeout(
          () => finish(() => reject(new Error(`no line "${prefix}" within ${timeoutMs} ms, got ${lines.join(' | ')}`))),
          timeoutMs,
        )
        arrivals.add(arrive)
        arrive()
        void ended.then(() =>
          finish(() => reject(new Error(`ended before a line "${prefix}", got ${lines.join(' | ')}`))),
        )
      }),
    async kill(signal) {
      child.kill(signal)
      await ended
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}
