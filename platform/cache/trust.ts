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
  let retryAtMs = 0

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
      retryAtMs = performance.now() + retryMs
    } finally {
      regaining = false
    }
  }

  function regain(): void {
    if (!trusted && !regaining && !ended) void tryRegain()
  }

  return {
    stamp() {
      if (!trusted && performance.now() >= retryAtMs) regain()
      return trusted ? stamp : null
    },
    lose(reason) {
      stamp += 1
      retryAtMs = performance.now() + retryMs
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
    },
  }
}
