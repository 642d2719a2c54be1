import { stockScope } from '../../../policies/stock-scope.ts'
import {
  badTimeOf,
  type RecordContext,
  type RecordRefusal,
  tellerOf,
  toKeyed,
  toRecordCommand,
} from '../ledger/record-input.ts'
import { type InvalidLine, invalidCountOf, isText, longestText, mostUnits } from '../reservations/parse-input.ts'
import type { Arrival } from './transfer.ts'
import type { ReceiveCommand, StartCommand } from './transfer-command.ts'

type Maybe<T> = T | null | undefined

export type StartInput = {
  readonly idempotencyKey: string
  readonly fromLocationId: string
  readonly toLocationId: string
  readonly lines: readonly {
    readonly lineId: string
    readonly variantId?: Maybe<string>
    readonly sku?: Maybe<string>
    readonly quantity: number
  }[]
  readonly dispatchedAt?: Maybe<string>
  readonly expectedAt?: Maybe<string>
  readonly reason?: Maybe<string>
  readonly documentRef?: Maybe<string>
}

export type ReceiveInput = {
  readonly idempotencyKey: string
  readonly transferId: string
  readonly lines: readonly { readonly lineId: string; readonly received?: number; readonly damaged?: number }[]
  readonly final?: boolean
  readonly receivedAt?: Maybe<string>
  readonly reason?: Maybe<string>
}

/** @throws AppError `BAD_USER_INPUT` for a key that is none */
export async function toStartCommand(
  input: StartInput,
  transferId: string,
  context: RecordContext,
): Promise<StartCommand | RecordRefusal> {
  const { idempotencyKey, ...body } = input
  const { fromLocationId, toLocationId, reason, documentRef } = body
  const dispatchedAt = body.dispatchedAt ?? context.call.now.toISOString()
  const common = { locationId: fromLocationId, kind: 'TRANSFER_OUT', transferId, occurredAt: dispatchedAt } as const
  const lines = body.lines.map((line) => ({ ...line, ...common, reason, documentRef }))
  const record = await toRecordCommand({ operation: 'startTransfer', idempotencyKey, body }, lines, null, context)
  if ('kind' in record) {
    return record.kind === 'not-authority' ? { ...record, argument: 'fromLocationId' } : record
  }
  if (!context.network.locations.has(toLocationId)) return refused('UNKNOWN_LOCATION', 'toLocationId names no location')
  if (toLocationId === fromLocationId) {
    return refused('BAD_TRANSFER', 'toLocationId is fromLocationId, allowed is another location')
  }
  const expectedAt = body.expectedAt == null ? null : new Date(body.expectedAt).toISOString()
  const sentAt = new Date(dispatchedAt).toISOString()
  if (expectedAt !== null && expectedAt < sentAt) {
    return refused('BAD_TIME', `expectedAt is ${expectedAt}, allowed is from dispatchedAt on`)
  }
  return {
    record,
    lineIds: body.lines.map(({ lineId }) => lineId),
    transferId,
    fromLocationId,
    toLocationId,
    dispatchedAt: sentAt,
    expectedAt,
    documentRef: documentRef ?? null,
  }
}

/** @throws AppError `BAD_USER_INPUT` for a key that is none */
export function toReceiveCommand(input: ReceiveInput, call: RecordContext['call']): ReceiveCommand | RecordRefusal {
  const { idempotencyKey, ...body } = input
  const keyed = toKeyed({ operation: 'receiveTransfer', idempotencyKey, body }, call.viewer)
  const { transferId, lines, final = false, reason = null } = body
  const happenedAt = body.receivedAt ?? call.now.toISOString()
  const badTime = badTimeOf(happenedAt, call.now)
  const invalid: InvalidLine[] =
    final && lines.length === 0 ? [] : [...invalidCountOf(lines.length), ...invalidArrivalsOf(lines)]
  if (badTime !== null) invalid.push({ lineId: null, reason: 'BAD_TIME', message: badTime })
  if (reason !== null && !isText(reason)) {
    const message = `reason is not 1 to ${longestText} characters`
    invalid.push({ lineId: null, reason: 'BAD_TEXT', message })
  }
  if (invalid.length > 0) return { kind: 'invalid', lines: invalid }
  return {
    keyed,
    ...tellerOf(call),
    scope: stockScope(call.viewer),
    transferId,
    arrivals: lines.map(toArrival),
    final,
    happenedAt: new Date(happenedAt).toISOString(),
    reason,
  }
}

function toArrival({ lineId, received = 0, damaged = 0 }: ReceiveInput['lines'][number]): Arrival {
  return { lineId, received, damaged }
}

function invalidArrivalsOf(lines: ReceiveInput['lines']): readonly InvalidLine[] {
  const seen = new Set<string>()
  return lines.map(toArrival).flatMap(({ lineId, received, damaged }): readonly InvalidLine[] => {
    if (!isText(lineId) || seen.has(lineId)) {
      const message = `lineId is not 1 to ${longestText} characters, or used twice`
      return [{ lineId, reason: 'BAD_LINE_ID', message }]
    }
    seen.add(lineId)
    const sum = received + damaged
    if (received >= 0 && damaged >= 0 && sum >= 1 && sum <= mostUnits) return []
    const message = `received is ${received} and damaged ${damaged}, allowed are 1 to ${mostUnits} together`
    return [{ lineId, reason: 'BAD_QUANTITY', message }]
  })
}

function refused(reason: InvalidLine['reason'], message: string): RecordRefusal {
  return { kind: 'invalid', lines: [{ lineId: null, reason, message }] }
}
