export type Closable = AsyncDisposable | Disposable

export type CloseFailure = { readonly name: string; readonly error: unknown }

export type CloserOptions = {
  /** Longest wait for one part. Default 10,000. */
  readonly timeoutMs?: number
  /** Told of each part that failed to close or took too long; closing goes on with the next. */
  readonly onFailure?: (failure: CloseFailure) => void
}

/** Keeps what was opened and closes it in reverse order, so that nothing is closed under what still uses it. */
export type Closer = {
  /** @returns `part` itself, so that opening and keeping is one expression. @throws TypeError once closing has begun. */
  add<T extends Closable>(part: T, options?: { readonly name?: string; readonly timeoutMs?: number }): T
  /** Never rejects. Further calls return the same promise. @returns the parts that did not close, in the order of closing. */
  close(): Promise<readonly CloseFailure[]>
}

const defaultTimeoutMs = 10_000

export function createCloser(options: CloserOptions = {}): Closer {
  const parts: { part: Closable; name: string; timeoutMs: number }[] = []
  let closing: Promise<readonly CloseFailure[]> | null = null

  async function closeAll(): Promise<readonly CloseFailure[]> {
    const failures: CloseFailure[] = []
    for (const { part, name, timeoutMs } of parts.toReversed()) {
      try {
        await within(timeoutMs, dispose(part))
      } catch (error) {
        failures.push({ name, error })
        options.onFailure?.({ name, error })
      }
    }
    return failures
  }

  return {
    add(part, { name = `part ${parts.length + 1}`, timeoutMs = options.timeoutMs ?? defaultTimeoutMs } = {}) {
      if (closing !== null) throw new TypeError(`Cannot keep ${name}: closing has begun`)
      parts.push({ part, name, timeoutMs })
      return part
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}

async function dispose(part: Closable): Promise<void> {
  if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]()
  else part[Symbol.dispose]()
}

async function within(timeoutMs: number, closed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not close within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([closed, late])
  } finally {
    clearTimeout(timer)
  }
}
