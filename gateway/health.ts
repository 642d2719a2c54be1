/** A part whose absence makes the gateway answer badly. */
export type ReadinessCheck = {
  readonly name: string
  /** @returns null when ready, else a short reason without addresses or secrets */
  check(): Promise<string | null>
}

export type Readiness = {
  readonly status: 'ready' | 'not-ready'
  readonly parts: readonly { readonly name: string; readonly ready: boolean; readonly reason?: string }[]
}

const checkTimeoutMs = 2_000

/** Asks every part side by side; one that fails or is silent for 2 s is not ready. */
export async function readReadiness(checks: readonly ReadinessCheck[]): Promise<Readiness> {
  const parts = await Promise.all(
    checks.map(async ({ name, check }) => {
      const reason = await withinTimeout(check)
      return reason === null ? { name, ready: true } : { name, ready: false, reason }
    }),
  )
  return { status: parts.every(({ ready }) => ready) ? 'ready' : 'not-ready', parts }
}

async function withinTimeout(check: () => Promise<string | null>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkTimeoutMs} ms`), checkTimeoutMs)
  })
  try {
    return await Promise.race([check(), silence])
  } catch {
    return 'its check failed'
  } finally {
    clearTimeout(timer)
  }
}
