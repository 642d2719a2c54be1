import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import type { EventLog, JsonValue } from '../../../platform/event-log/event-log.ts'
import {
  claimKeys,
  type IdempotencyRecord,
  type Known,
  readKnown,
  textOf,
  writeRecords,
} from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database } from '../../../platform/sql/database.ts'
import type { Method } from '../network.ts'
import { readPositionsOfVariants } from '../reads.ts'
import type { Change, Command, Decision, Outcome } from './command.ts'
import { decideChange, decideReserve, decideTidy } from './decide.ts'
import { holdsCache, toReservationEvent } from './reservation-events.ts'
import { lockTargets, readReservations, readSectionHolds, targetsOf } from './section-read.ts'
import { type Admission, createSectionState, type SectionState } from './section-state.ts'
import { writeChanges } from './section-write.ts'

export type SectionDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
  /** Read for each section anew, before it begins. */
  readonly terms: (variantIds: readonly string[]) => Promise<{
    readonly admission: Admission
    readonly isChannel: (channelId: string, method: Method) => boolean
  }>
}

type Step = { readonly command: Command; readonly decision: Decision; readonly keep: boolean }

/**
 * Decides commands in order in one transaction, under the locks of every variant they touch: reads the tables, never a
 * cache; writes rows, outcomes and events; commits once. An outcome is given only after the commit.
 * @returns one outcome per command, in order
 */
export async function runSection(deps: SectionDeps, commands: readonly Command[]): Promise<readonly Outcome[]> {
  const { database, eventLog, invalidator } = deps
  const targets = targetsOf(commands)
  const terms = await deps.terms(targets.variantIds)
  const { steps, changes } = await database.transaction(async (transaction) => {
    const keyed = commands.flatMap((command) => (command.kind === 'tidy' ? [] : [command.keyed]))
    const taken = await claimKeys(transaction, keyed)
    const locked = await lockTargets(transaction, targets)
    // From here on statements see what the former holders of the locks committed.
    const known = new Map<string, Known>()
    for (const [at, answer] of (await readKnown(transaction, keyed, taken)).entries()) {
      const command = keyed[at]
      if (command !== undefined) known.set(command.fingerprint + textOf(command), answer)
    }
    const variantIds = [...locked]
    const lists = await readPositionsOfVariants(transaction, variantIds)
    const positions = new Map(variantIds.map((id, at) => [id, lists[at] ?? []]))
    const { now, holds } = await readSectionHolds(transaction, variantIds, positions)
    const reservations = await readReservations(transaction, targets)
    const state = createSectionState({ now, locked, positions, holds, reservations }, terms.admission)
    const done = decideAll(state, commands, known, { ids: deps.ids, ...terms })
    const made = done.flatMap(({ decision }) => decision.changes)
    await writeChanges(transaction, made, now)
    await writeRecords(transaction, done.flatMap(toRecord))
    const events = done.flatMap(({ command, decision }) =>
      decision.changes.map((change) => toReservationEvent(change, now, correlationOf(command))),
    )
    if (events.length > 0) await eventLog.append(transaction, events)
    return { steps: done, changes: made }
  })
  if (changes.length > 0) {
    invalidator.invalidate(touched(changes).map((key) => ({ cache: holdsCache, key })))
    eventLog.wake()
  }
  return steps.map(({ decision }) => decision.outcome)
}

function decideAll(
  state: SectionState,
  commands: readonly Command[],
  known: ReadonlyMap<string, Known>,
  deps: DecideDeps,
): readonly Step[] {
  // Two commands of one group may carry the same key: the second meets what the first has made.
  const made = new Map<string, { readonly fingerprint: string; readonly outcome: Outcome }>()
  return commands.map((command): Step => {
    if (command.kind === 'tidy') return { command, decision: decideTidy(state, command), keep: false }
    const { keyed } = command
    const earlier = made.get(textOf(keyed))
    const before = earlier === undefined ? known.get(keyed.fingerprint + textOf(keyed)) : toKnown(earlier, keyed)
    const answered = before === undefined ? null : answerOf(before)
    if (answered !== null) return { command, decision: { outcome: answered, changes: [] }, keep: false }
    const decision = decide(state, command, deps)
    const keep = decision.outcome.kind === 'done'
    if (keep) made.set(textOf(keyed), { fingerprint: keyed.fingerprint, outcome: decision.outcome })
    return { command, decision, keep }
  })
}

type DecideDeps = Pick<SectionDeps, 'ids'> & { readonly isChannel: (channelId: string, method: Method) => boolean }

function decide(state: SectionState, command: Exclude<Command, { kind: 'tidy' }>, deps: DecideDeps): Decision {
  if (command.kind === 'change') return decideChange(state, command)
  if (!deps.isChannel(command.channelId, command.method)) {
    return { outcome: { kind: 'channel-closed', channelId: command.channelId }, changes: [] }
  }
  return decideReserve(state, command, deps.ids)
}

function toKnown(earlier: { fingerprint: string; outcome: Outcome }, keyed: { fingerprint: string }): Known {
  if (earlier.fingerprint !== keyed.fingerprint) return { kind: 'reused' }
  return { kind: 'done', response: toResponse(earlier.outcome) }
}

function answerOf(known: Known): Outcome | null {
  switch (known.kind) {
    case 'new':
      return null
    case 'reused':
      return { kind: 'key-reused' }
    case 'in-progress':
      return { kind: 'key-in-progress' }
    case 'done':
      return parseResponse(known.response)
    default:
      return known satisfies never
  }
}

/** Only what had an effect is kept: a refusal is decided anew when it is asked again, so stock that came back is found. */
function toRecord({ command, decision, keep }: Step): readonly IdempotencyRecord[] {
  if (!keep || command.kind === 'tidy') return []
  const orders = command.kind === 'change' && command.step.kind !== 'extend'
  return [
    { ...command.keyed, response: toResponse(decision.outcome), keepSeconds: orders ? 30 * daySeconds : daySeconds },
  ]
}

const daySeconds = 86_400

function toResponse(outcome: Outcome): JsonValue {
  return outcome.kind === 'done' ? { reservations: outcome.reservations, plan: outcome.plan } : null
}

/** Written by `toResponse` of this file alone. */
function parseResponse(response: JsonValue): Outcome {
  const { reservations, plan } = response as Pick<Extract<Outcome, { kind: 'done' }>, 'reservations' | 'plan'>
  return { kind: 'done', reservations, plan, replayed: true }
}

function correlationOf(command: Command): string | null {
  return command.kind === 'tidy' || command.correlationId === 'none' ? null : command.correlationId
}

function touched(changes: readonly Change[]): readonly string[] {
  return [...new Set(changes.map(({ after }) => after.variantId))]
}
