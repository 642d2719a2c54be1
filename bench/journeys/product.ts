import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { assetPath } from '../../platform/assets.ts'
import { cpuMsOf } from '../process-cpu.ts'

export type Product = AsyncDisposable & {
  readonly url: string
  /** A development token. */
  token(as: 'agent' | 'partner'): Promise<string>
  /** CPU time the process has used, user and system, in ms; the kernel counts in steps of 10. */
  cpuMs(): Promise<number>
}

export type ProductOptions = {
  readonly dataDir: string
  readonly plansFile: string
  /** Bound on making the demo retailer, reading it and being ready. */
  readonly readyTimeoutMs: number
  /** Further settings. */
  readonly environment?: Readonly<Record<string, string>>
  /** Further flags of Node, e.g. `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
}

/** Runs what `npm start` runs, as a process of its own with settings of its own; resolves when it is ready. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { dataDir, plansFile, readyTimeoutMs, nodeFlags = [] } = options
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(STORELOOM_|DATABASE_URL$|REDIS_URL$|NODE_OPTIONS$|NODE_ENV$)/.test(name),
  )
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=32', '--enable-source-maps', ...nodeFlags, assetPath('dist/main.js')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Outside the project, so that no .env there is read.
      cwd: dataDir,
      env: {
        ...Object.fromEntries(inherited),
        PORT: '0',
        STORELOOM_DATA_DIR: dataDir,
        STORELOOM_DEMO_RATE: '0',
        STORELOOM_PLANS_FILE: plansFile,
        ...options.environment,
      },
    },
  )
  const ended = once(child, 'close')
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    const killing = setTimeout(() => child.kill('SIGKILL'), 60_000)
    await ended
    clearTimeout(killing)
  }
  const deadline = AbortSignal.timeout(readyTimeoutMs)
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const said: string[] = []
      createInterface({ input: child.stdout }).on('line', (line) => {
        said.push(line)
        if (said.length > 20) said.shift()
        const address = /Listening on (http:\/\/[^\s"]+)/.exec(line)?.[1]
        if (address !== undefined) resolve(address)
      })
      const fail = (why: string) => () =>
        reject(new Error(`Cannot start Storeloom: ${why}, it said ${said.join(' | ')}`))
      void ended.then(fail('it ended'))
      deadline.addEventListener('abort', fail(`not listening within ${readyTimeoutMs} ms`))
    })
    while (!(await fetch(`${url}/health/ready`, { signal: deadline })).ok)
      await wait(250, undefined, { signal: deadline })
    return {
      url,
      async token(as) {
        const answer = await fetch(`${url}/dev/token?as=${as}`, { signal: AbortSignal.timeout(15_000) })
        const text = await answer.text()
        if (!answer.ok) throw new Error(text)
        return text
      },
      cpuMs: () => cpuMsOf(child.pid ?? 0),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
