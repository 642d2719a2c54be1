import type { KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { KeyRefusal } from '../ledger/claim-key.ts'
import type { Teller } from '../ledger/record-command.ts'
import type { TermBody } from '../term-schemas.ts'

export const ruleKinds = ['safety-rule', 'channel-allocation', 'location-exclusion', 'substitution'] as const
export type RuleKind = (typeof ruleKinds)[number]

/** The whole of a rule after the change. */
export type RuleBody = { readonly [K in RuleKind]: { readonly kind: K; readonly body: TermBody<K> } }[RuleKind]

/** What is done to a rule that is kept here. */
export type RuleCommand = Teller & {
  readonly keyed: KeyedCommand
  /** Who decided it, and why. */
  readonly decision: { readonly by: string; readonly reason: string }
  /** Which rule, and of which version; null: a new one. */
  readonly target: { readonly id: string; readonly expectedVersion: number } | null
  /** null: it ends. */
  readonly rule: RuleBody | null
}

export type RuleOutcome =
  | { readonly kind: 'changed'; readonly ruleId: string; readonly version: number; readonly replayed: boolean }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-authority'; readonly system: string }
  | { readonly kind: 'version-conflict'; readonly currentVersion: number }
  | KeyRefusal
