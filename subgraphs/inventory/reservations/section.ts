import { inSlices } from '../../../platform/batch/slices.ts'
import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import type { EventLog, JsonValue } from '../../../platform/event-log/event-log.ts'
import type { IdempotencyRecord, Known } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database } from '../../../platform/sql/database.ts'
import type { Method } from '../network.ts'
import type { Quota } from '../quota.ts'
import { type Command, type Decision, type Done, isSent, type Outcome, type SentCommand } from './command.ts'
import { decideChange, decideReserve, decideTidy } from './decide.ts'
import { decidePlace } from './place-owed.ts'
import { holdsCache } from './reservation-events.ts'
import { fromResponse, toResponse } from './response.ts'
import { enterSection } from './section-enter.ts'
import { targetsOf } from './section-locks.ts'
import { type Admission, createSectionState, type SectionState } from './section-state.ts'
import { createSectionWriter } from './section-writer.ts'

export type SectionDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
  /** Read for each section anew, before it begins. */
  readonly terms: (variantIds: readonly string[]) => Promise<{
    readonly admission: Admission
    readonly quotas: readonly Quota[]
    readonly isChannel: (channelId: string, method: Method) => boolean
  }>
}

const unknownKey: Known = { kind: 'new' }

/** `response`: what a record of the key is to say from now on; null: nothing, or the reservations made are the record. */
type Step = { readonly command: Command; readonly decision: Decision; readonly response: JsonValue }
type Made = { readonly fingerprint: string; readonly outcome: Done }

/**
 * Decides commands in order in one transaction, under the locks of every variant they touch: reads the tables, never a
 * cache; writes rows, outcomes and events; commits once. An outcome is given only after the commit.
 * @param onDecided called when all is decided and sent to the store. The next section of the same variants may begin: it gets
 * their locks, and with them what it reads, when this one has committed.
 * @returns one outcome per command, in order
 */
export async function runSection(
  deps: SectionDeps,
  commands: readonly Command[],
  onDecided: () => void,
): Promise<readonly Outcome[]> {
  const { database, eventLog, invalidator } = deps
  const targets = targetsOf(commands)
  const terms = await deps.terms(targets.variantIds)
  const { outcomes, touched } = await database.transaction(async (transaction) => {
    const { known, rows } = await enterSection(transaction, commands, targets, terms.quotas)
    const state = createSectionState(rows, terms.admission)
    const writer = createSectionWriter(transaction, eventLog, rows.now)
    const changed = new Set<string>()
    const done: Outcome[] = []
    await decideAll(state, commands, known, { ids: deps.ids, ...terms }, ({ command, decision, response }) => {
      for (const { after } of decision.changes) changed.add(after.variantId)
      done.push(decision.outcome)
      const record = toRecord(command, response)
      writer.add({ changes: decision.changes, record, correlationId: correlationOf(command) })
    })
    const written = writer.end()
    // Behind the last row: the locks are held for no turn of ours.
    transaction.commit()
    onDecided()
    await written
    return { outcomes: done, touched: [...changed] }
  })
  if (touched.length > 0) {
    invalidator.invalidate(touched.map((key) => ({ cache: holdsCache, key })))
    eventLog.wake()
  }
  return outcomes
}

async function decideAll(
  state: SectionState,
  commands: readonly Command[],
  known: readonly Known[],
  deps: DecideDeps,
  onStep: (step: Step) => void,
): Promise<void> {
  // Two commands of one group may carry the same key: the second meets what the first has made.
  const made = new Map<string, Made>()
  const decideOne = (command: Command, before: Known): Step => {
    if (command.kind === 'tidy') return { command, decision: decideTidy(state, command), response: null }
    if (command.kind === 'place') return { command, decision: decidePlace(state, command), response: null }
    const { id, fingerprint } = command.keyed
    const earlier = made.get(id)
    const answered = earlier === undefined ? answerOf(before, command) : answerAgain(earlier, fingerprint)
    if (answered !== null) return { command, decision: { outcome: answered, changes: [] }, response: null }
    const decision = decide(state, command, deps)
    const { outcome } = decision
    if (outcome.kind !== 'done') return { command, decision, response: null }
    made.set(id, { fingerprint, outcome })
    return { command, decision, response: command.kind === 'reserve' ? null : toResponse(outcome) }
  }
  await inSlices(commands.length, (at) => {
    const command = commands[at]
    if (command !== undefined) onStep(decideOne(command, known[at] ?? unknownKey))
  })
}

type DecideDeps = Pick<SectionDeps, 'ids'> & { readonly isChannel: (channelId: string, method: Method) => boolean }

function decide(state: SectionState, command: SentCommand, deps: DecideDeps): Decision {
  if (command.kind === 'change') return decideChange(state, command)
  if (!deps.isChannel(command.channelId, command.method)) {
    return { outcome: { kind: 'channel-closed', channelId: command.channelId }, changes: [] }
  }
  return decideReserve(state, command, deps.ids)
}

function answerAgain(earlier: Made, fingerprint: string): Outcome {
  return earlier.fingerprint === fingerprint ? { ...earlier.outcome, replayed: true } : { kind: 'key-reused' }
}

/** What a key answers by itself; null: its command is to be decided. */
export function answerOf(known: Known, command: SentCommand): Outcome | null {
  switch (known.kind) {
    case 'new':
      return null
    case 'reused':
      return { kind: 'key-reused' }
    case 'in-progress':
      return { kind: 'key-in-progress' }
    case 'done':
      return fromResponse(known.response, command)
    default:
      return known satisfies never
  }
}

/** Only what had an effect is kept: a refusal is decided anew when it is asked again, so stock that came back is found. */
function toRecord(command: Command, response: JsonValue): IdempotencyRecord | null {
  if (response === null || !isSent(command)) return null
  const lasting = command.kind === 'change' && command.step.kind !== 'extend'
  const { id, fingerprint } = command.keyed
  return { id, fingerprint, response, keepSeconds: lasting ? 30 * daySeconds : daySeconds }
}

const daySeconds = 86_400

function correlationOf(command: Command): string | null {
  return !isSent(command) || command.correlationId === 'none' ? null : command.correlationId
}
