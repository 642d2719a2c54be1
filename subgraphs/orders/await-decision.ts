import type { EventLog } from '../../platform/event-log/event-log.ts'

/**
 * Looks again when the log has more, until stock has decided what was asked for.
 * @param patience ends the wait, whatever was decided
 * @returns it as it is then
 */
export async function awaitDecision<T extends { readonly state: string }>(
  eventLog: EventLog,
  begun: T,
  read: () => Promise<T | null>,
  patience: AbortSignal,
): Promise<T> {
  let newest = begun
  while (newest.state === 'REQUESTED' && !patience.aborted) {
    const woken = nextWake(eventLog, patience)
    newest = (await read()) ?? newest
    if (newest.state === 'REQUESTED') await woken
  }
  return newest
}

/** Resolves when the log says that more may be read, or the wait is over. */
function nextWake(eventLog: EventLog, patience: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      patience.removeEventListener('abort', finish)
      listening[Symbol.dispose]()
      resolve()
    }
    const listening = eventLog.onWake(finish)
    patience.addEventListener('abort', finish, { once: true })
    if (patience.aborted) finish()
  })
}
