/** Who is to be woken. */
export type Subscribers = {
  add(onWake: () => void): Disposable
  tell(): void
  size(): number
}

export function createSubscribers(): Subscribers {
  const listeners = new Set<() => void>()
  return {
    add(onWake) {
      // A function of its own per call, so that the same callback given twice is two listeners.
      const listener = (): void => onWake()
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    tell() {
      for (const listener of listeners) listener()
    },
    size: () => listeners.size,
  }
}
