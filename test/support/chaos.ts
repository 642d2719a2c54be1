/** Wraps an asynchronous function so that a test decides when and how each call ends. */
export type Chaos<A extends readonly unknown[], R> = {
  readonly call: (...args: A) => Promise<R>
  /** Arguments of every call, in order. */
  readonly calls: readonly A[]
  /** Calls from now on wait, holding what they read when they were called. @returns lets these calls end, and later ones through. */
  hold(): () => void
  /** Later calls reject with `error`; null: they work again. */
  fail(error: Error | null): void
}

export function createChaos<A extends readonly unknown[], R>(work: (...args: A) => Promise<R> | R): Chaos<A, R> {
  const calls: A[] = []
  let failure: Error | null = null
  let gate: Promise<void> | null = null
  return {
    calls,
    async call(...args) {
      calls.push(args)
      if (failure !== null) throw failure
      const [result] = await Promise.all([work(...args), gate])
      return result
    },
    hold() {
      let open: () => void = () => {}
      const own = new Promise<void>((resolve) => {
        open = resolve
      })
      gate = own
      return () => {
        if (gate === own) gate = null
        open()
      }
    },
    fail(error) {
      failure = error
    },
  }
}
