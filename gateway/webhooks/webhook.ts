import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { parseViewer } from '../../platform/identity/viewer-header.ts'
import type { Row } from '../../platform/sql/database.ts'

/** What someone wants to be told, as text: it outlives supergraphs. */
export type Selection = {
  readonly operation: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
  /** Of the API. */
  readonly version: string
}

export const webhookStates = ['VERIFYING', 'ACTIVE', 'PAUSED', 'DISABLED'] as const
export type WebhookState = (typeof webhookStates)[number]
export type OnDeadLetter = 'CONTINUE' | 'PAUSE'

/** A secret as it is kept; `endsAt` in milliseconds since 1970, null for the one that does not end. */
export type KeptSecret = { readonly sealed: string; readonly endsAt: number | null }

export type Webhook = {
  readonly id: string
  readonly viewer: Viewer
  readonly url: string
  readonly selection: Selection
  readonly onDeadLetter: OnDeadLetter
  readonly state: WebhookState
  readonly stateReason: string | null
  readonly secrets: readonly KeptSecret[]
  readonly checkpoint: string
  readonly dueAt: Date | null
  readonly consecutiveFailures: number
  readonly failingSince: Date | null
  readonly openUntil: Date | null
  readonly verifiedAt: Date | null
  readonly createdAt: Date
}

export type DeliveryKind = 'PING' | 'EVENT' | 'SNAPSHOT' | 'GAP'
export type DeliveryState = 'PENDING' | 'DELIVERED' | 'DEAD'

export type WebhookDelivery = {
  /** `msg_…`: the same with every attempt. */
  readonly id: string
  readonly webhookId: string
  readonly sequence: bigint
  readonly kind: DeliveryKind
  /** The body. */
  readonly payload: string
  readonly cursor: string | null
  readonly state: DeliveryState
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  readonly lastAttemptAt: Date | null
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly createdAt: Date
  readonly settledAt: Date | null
}

export const webhookColumns = `id, viewer, url, operation, operation_name, variables, version, on_dead_letter, state,
  state_reason, secrets, checkpoint, due_at, consecutive_failures, failing_since, open_until, verified_at, created_at`

export const deliveryColumns = `id, webhook_id, sequence, kind, payload, cursor, state, attempts, next_attempt_at,
  last_attempt_at, last_status, last_error, created_at, settled_at`

type WebhookRow = {
  readonly id: string
  readonly viewer: unknown
  readonly url: string
  readonly operation: string
  readonly operation_name: string | null
  readonly variables: Readonly<Record<string, unknown>>
  readonly version: string
  readonly on_dead_letter: OnDeadLetter
  readonly state: WebhookState
  readonly state_reason: string | null
  readonly secrets: readonly KeptSecret[]
  readonly checkpoint: string
  readonly due_at: Date | null
  readonly consecutive_failures: number
  readonly failing_since: Date | null
  readonly open_until: Date | null
  readonly verified_at: Date | null
  readonly created_at: Date
}

type DeliveryRow = {
  readonly id: string
  readonly webhook_id: string
  readonly sequence: bigint
  readonly kind: DeliveryKind
  readonly payload: string
  readonly cursor: string | null
  readonly state: DeliveryState
  readonly attempts: number
  readonly next_attempt_at: Date | null
  readonly last_attempt_at: Date | null
  readonly last_status: number | null
  readonly last_error: string | null
  readonly created_at: Date
  readonly settled_at: Date | null
}

/** @param row one of `webhookColumns`, whose types the table's constraints keep */
export function toWebhook(row: Row): Webhook {
  const from = row as WebhookRow
  return {
    id: from.id,
    viewer: parseViewer(from.viewer),
    url: from.url,
    selection: {
      operation: from.operation,
      operationName: from.operation_name,
      variables: from.variables,
      version: from.version,
    },
    onDeadLetter: from.on_dead_letter,
    state: from.state,
    stateReason: from.state_reason,
    secrets: from.secrets,
    checkpoint: from.checkpoint,
    dueAt: from.due_at,
    consecutiveFailures: from.consecutive_failures,
    failingSince: from.failing_since,
    openUntil: from.open_until,
    verifiedAt: from.verified_at,
    createdAt: from.created_at,
  }
}

/** @param row one of `deliveryColumns` */
export function toDelivery(row: Row): WebhookDelivery {
  const from = row as DeliveryRow
  return {
    id: from.id,
    webhookId: from.webhook_id,
    sequence: from.sequence,
    kind: from.kind,
    payload: from.payload,
    cursor: from.cursor,
    state: from.state,
    attempts: from.attempts,
    nextAttemptAt: from.next_attempt_at,
    lastAttemptAt: from.last_attempt_at,
    lastStatus: from.last_status,
    lastError: from.last_error,
    createdAt: from.created_at,
    settledAt: from.settled_at,
  }
}

export function noSuchWebhook(id: string): AppError {
  return new AppError('NOT_FOUND', `Cannot find webhook ${id.slice(0, 40)}: you have none of this id`)
}
