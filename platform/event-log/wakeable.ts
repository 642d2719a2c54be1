/** A wait that a wake-up cuts short, also one that came just before it. */
export type Wakeable = {
  wake(): void
  /** Resolves after `ms`, at the next wake-up or when the signal aborts; never rejects. @returns whether there was a wake-up */
  wait(ms: number, signal: AbortSignal): Promise<boolean>
}

export function createWakeable(): Wakeable {
  let woken = false
  let end: (() => void) | null = null
  return {
    wake() {
      woken = true
      end?.()
    },
    async wait(ms, signal) {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const finish = (): void => {
            clearTimeout(timer)
            signal.removeEventListener('abort', finish)
            end = null
            resolve()
          }
          const timer = setTimeout(finish, ms)
          signal.addEventListener('abort', finish, { once: true })
          end = finish
        })
      }
      const wasWoken = woken
      woken = false
      return wasWoken
    },
  }
}
