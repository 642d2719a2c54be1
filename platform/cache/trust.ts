export type TrustOptions = {
  /** Empties the tier, so that nothing it missed can be read again. Rejects when that cannot be done now. */
  readonly empty: () => Promise<void>
  /** Between attempts to regain trust. */
  readonly retryMs: number
  readonly onState: (state: { readonly usable: boolean; readonly reason: string }) => void
}

/**
 * Whether a shared tier may be asked. After anything it may have missed an invalidation by, it is emptied before
 * it is trusted again; so it is at the start, since what was missed before is unknown.
 */
export type Trust = {
  /** @returns a stamp that stays the same as long as trust was never lost, or null when the tier must be left alone. */
  stamp(): number | null
  lose(reason: string): void
  /** An invalidation came that could not be sent because trust was lost. */
  missInvalidation(): void
  regain(): void
  end(): void
}

export function createTrust({ empty, retryMs, onState }: TrustOptions): Trust {
  let trusted = false
  let ended = false
  let stamp = 0
  let regaining = false
  let missed = false
  let timer: NodeJS.Timeout | undefined

  async function tryRegain(): Promise<void> {
    regaining = true
    const begun = stamp
    try {
      do {
        missed = false
        await empty()
      } while (missed)
      // Lost again meanwhile: what was emptied before that proves nothing.
      if (stamp !== begun || ended) return
      trusted = true
      onState({ usable: true, reason: 'emptied' })
    } catch {
      // Still out of reach: the timer tries again.
    } finally {
      regaining = false
      if (!trusted) retryLater()
    }
  }

  /** By time, not by the next read: other processes may be reading what this one could not invalidate. */
  function retryLater(): void {
    clearTimeout(timer)
    if (!ended) timer = setTimeout(regain, retryMs).unref()
  }

  function regain(): void {
    if (!trusted && !regaining && !ended) void tryRegain()
  }

  return {
    stamp: () => (trusted ? stamp : null),
    lose(reason) {
      stamp += 1
      retryLater()
      if (!trusted) return
      trusted = false
      onState({ usable: false, reason })
    },
    missInvalidation() {
      missed = true
    },
    regain,
    end() {
      ended = true
      trusted = false
      clearTimeout(timer)
    },
  }
}
