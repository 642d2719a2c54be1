const callbacks = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when a signal aborts, until `leaveAbort`. One event listener for each signal, however many calls of a request
 * wait for it: Node's own cost about ten times a set's member to come and go.
 */
export const onAbort = (signal: AbortSignal, callback: () => void): void => {
  const waiting = callbacks.get(signal)
  if (waiting !== undefined) {
    waiting.add(callback)
    return
  }
  const first = new Set([callback])
  callbacks.set(signal, first)
  signal.addEventListener('abort', () => callAll(first), { once: true })
}

export const leaveAbort = (signal: AbortSignal, callback: () => void): void => {
  callbacks.get(signal)?.delete(callback)
}

const callAll = (waiting: ReadonlySet<() => void>): void => {
  for (const callback of waiting) callback()
}
