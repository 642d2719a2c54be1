import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { EventLog, JsonObject, JsonValue, NewEvent } from '../../../platform/event-log/event-log.ts'
import { writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { IdMinter } from '../../../platform/ids.ts'
import type { Database, Transaction } from '../../../platform/sql/database.ts'
import { claimKey } from '../ledger/claim-key.ts'
import { appendAtOnce, tellAtOnce, tellingOf } from '../ledger/told-movement.ts'
import { lockRule, type StoredRule, systemOfRule, systemOfRulesHere } from './read-rules.ts'
import type { RuleCommand, RuleOutcome } from './rule-command.ts'

export type RuleDeps = {
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  readonly ids: IdMinter
}

/**
 * Changes a rule that is kept here, if it is still of the version the change is meant for. It is in the tables with the
 * commit, and in the memory of every process with its event.
 * @throws AppError `CONFLICT`, retryable, while the rules are being rebuilt
 */
export async function writeRule(deps: RuleDeps, command: RuleCommand): Promise<RuleOutcome> {
  const { outcome, events } = await deps.database.transaction((transaction) => attempt(deps, transaction, command))
  tellAtOnce(deps, events)
  return outcome
}

type Attempt = { readonly outcome: RuleOutcome; readonly events: Awaited<ReturnType<typeof appendAtOnce>> }

async function attempt({ eventLog, ids }: RuleDeps, transaction: Transaction, command: RuleCommand): Promise<Attempt> {
  const answered = await claimKey(transaction, command.keyed, replay)
  if (answered !== null) return { outcome: answered, events: [] }
  const { target, rule } = command
  const before = target === null ? null : await lockRule(transaction, target.id)
  if (target !== null) {
    const refused = refusalOf(before, target.expectedVersion, rule?.kind ?? null)
    if (refused !== null) return { outcome: refused, events: [] }
  }
  const ruleId = target?.id ?? `${rule?.kind}:${systemOfRulesHere}:${ids.ulid()}`
  const source = `/tenants/${command.tenant}/inventory/term/${encodeURIComponent(ruleId)}`
  const told = toEvents(command, ruleId, source, before)
  const expected = new Map([[source, target?.expectedVersion ?? 0]])
  const events = await appendAtOnce(eventLog, transaction, told, expected).catch(refuseWhileRebuilt)
  const version = events.at(-1)?.sequence ?? 0
  await writeRecords(transaction, [{ ...command.keyed, response: { ruleId, version }, keepSeconds: 30 * 86_400 }])
  return { outcome: { kind: 'changed', ruleId, version, replayed: false }, events }
}

/** @param response written by this file alone */
function replay(response: JsonValue): RuleOutcome {
  const { ruleId, version } = response as { readonly ruleId: string; readonly version: number }
  return { kind: 'changed', ruleId, version, replayed: true }
}

function refusalOf(before: StoredRule | null, expectedVersion: number, kind: string | null): RuleOutcome | null {
  if (before === null || before.withdrawn || (kind !== null && kind !== before.kind)) return { kind: 'not-found' }
  const system = systemOfRule(before.id)
  if (system !== systemOfRulesHere) return { kind: 'not-authority', system }
  const { version: currentVersion } = before
  return currentVersion === expectedVersion ? null : { kind: 'version-conflict', currentVersion }
}

function toEvents(
  command: RuleCommand,
  termId: string,
  source: string,
  before: StoredRule | null,
): readonly NewEvent[] {
  const { rule, decision, receivedAt } = command
  const identity = { termId, origin: { system: systemOfRulesHere, occurredAt: null, receivedAt }, decision }
  const event = (type: string, data: JsonObject): NewEvent => ({
    type,
    source,
    subject: termId,
    time: receivedAt,
    data,
    partitionKey: termId,
    ...tellingOf(command),
  })
  const was = before?.variantId ?? null
  const withdrawn = () =>
    event('retail.inventory.term-withdrawn.v1', { ...identity, kind: before?.kind ?? '', variantId: was })
  if (rule === null) return [withdrawn()]
  const changed = event(`retail.inventory.${rule.kind}-changed.v1`, { ...rule.body, ...identity })
  // Whoever follows the variant it was about must hear that it no longer is.
  return before !== null && was !== rule.body.variantId ? [withdrawn(), changed] : [changed]
}

function refuseWhileRebuilt(error: unknown): never {
  if (!(error instanceof AppError && error.code === 'SEQUENCE_CONFLICT')) throw error
  throw new AppError('CONFLICT', 'Cannot change the rule: the rules are being read anew', {
    cause: error,
    retryable: true,
  })
}
