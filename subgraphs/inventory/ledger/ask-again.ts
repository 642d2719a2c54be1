import type { Reread } from '../../../platform/connector/reread.ts'
import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import type { Database } from '../../../platform/sql/database.ts'

export type AskAgainDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly reread: Reread
}

/** How often a source is read again for one gap; what is missing then is lost at the source. */
const mostAsks = 3
/** The second time after this long, the third after twice that. */
const pauseSeconds = 60
const mostGaps = 20
const longestRereadMs = 120_000

/**
 * Has sources read again whose numbering has a gap: the movement that was passed over is found there, or it is not, and either is
 * told. One reading serves all gaps of a system.
 * @returns how many gaps were asked for
 */
export async function askAgain({ database, eventLog, reread }: AskAgainDeps): Promise<number> {
  const { rows } = await database.query<GapRecord>(dueText, [mostAsks, pauseSeconds, mostGaps])
  const outcomes = new Map<string, Outcome>()
  for (const { system } of rows) {
    if (!outcomes.has(system)) outcomes.set(system, await readAgain(reread, system))
  }
  if (rows.length === 0) return 0
  await database.transaction((transaction) =>
    eventLog.append(
      transaction,
      rows.map((gap) => toAsked(gap, outcomes.get(gap.system) ?? 'UNAVAILABLE')),
    ),
  )
  eventLog.wake()
  return rows.length
}

type Outcome = 'READ_AGAIN' | 'UNAVAILABLE'

async function readAgain(reread: Reread, system: string): Promise<Outcome> {
  try {
    return (await reread(system, 'movement', AbortSignal.timeout(longestRereadMs))) ? 'READ_AGAIN' : 'UNAVAILABLE'
  } catch {
    // A source that fails is tried again as one that is away; its connector tells why.
    return 'UNAVAILABLE'
  }
}

type GapRecord = {
  readonly tenant: string
  readonly system: string
  readonly stream: string
  readonly asks: number
  readonly version: bigint
  readonly now: Date
}

const dueText = `
  select tenant, system, stream, asks, version, date_trunc('milliseconds', clock_timestamp()) as now
  from inventory.sequence_gaps
  where missing <> '[]' and tenant <> '' and asks < $1
    and (asked_at is null or asked_at < clock_timestamp() - asks * $2 * interval '1 second')
  order by detected_at, system, stream limit $3`

function toAsked({ system, stream, asks, version, now, tenant }: GapRecord, outcome: Outcome): NewEvent {
  const subject = `${system}:${stream}`
  return {
    type: 'retail.ops.sequence-gap-asked.v1',
    source: `/tenants/${tenant}/ops/stream-asks/${encodeURIComponent(subject)}`,
    subject,
    time: now.toISOString(),
    data: { system, stream, gap: Number(version), ask: asks + 1, outcome },
    partitionKey: subject,
    authority: 'storeloom',
    inferred: true,
  }
}
