import { AppError } from '../errors/app-error.ts'
import { pause } from '../resilience/backoff.ts'
import type { SourceSession } from './postgres-session.ts'

/**
 * Waits until the source shows what the transactions wrote. The stream tells of a commit as soon as it is in the
 * write-ahead log, which is before other sessions see it: who reads again in between reads the state before.
 * @param transactions ids as the stream tells them, 32 bits without their epoch
 * @throws AppError `UPSTREAM_TIMEOUT` when they are not visible within 10 s: the stream is then followed anew
 */
export async function untilVisible(
  session: Pick<SourceSession, 'query'>,
  transactions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = Date.now() + longestMs
  let open = transactions
  for (let waitMs = 1; open.length > 0 && !signal.aborted; waitMs = Math.min(waitMs * 2, 50)) {
    const rows = await session.query<{ id: string }>(invisibleText, [open])
    if (rows.length === 0) return
    if (Date.now() > deadlineMs) {
      throw new AppError('UPSTREAM_TIMEOUT', 'Cannot read changes: the source tells of them and does not show them', {
        retryable: true,
      })
    }
    open = rows.map(({ id }) => Number(id))
    await pause(waitMs, signal)
  }
}

const longestMs = 10_000

/** Gives each id the epoch in which it lies nearest to now. The txid functions are also there before PostgreSQL 13. */
const invisibleText = `
  select given.id::text as id
  from unnest($1::bigint[]) as given(id)
  cross join (select txid_current_snapshot() as now, txid_snapshot_xmax(txid_current_snapshot()) as next) as source
  cross join lateral (select given.id + (source.next & ~4294967295::bigint) as id) as same_epoch
  cross join lateral (
    select case when same_epoch.id > source.next + 2147483648 then same_epoch.id - 4294967296
      when same_epoch.id < source.next - 2147483648 then same_epoch.id + 4294967296 else same_epoch.id end as id) as whole
  where not txid_visible_in_snapshot(whole.id, source.now)`
