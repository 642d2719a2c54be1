import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import {
  badTimeOf,
  nameOf,
  notYours,
  type RecordContext,
  type RecordRefusal,
  readLines,
  tellerOf,
  toKeyed,
} from '../ledger/record-input.ts'
import { type InvalidLine, invalidCountOf, isText, longestText, mostUnits } from '../reservations/parse-input.ts'
import type { Step } from './lifecycle.ts'
import type { Arrival } from './transfer.ts'
import type { BeginCommand, ReceiveCommand, StepCommand } from './transfer-command.ts'

type Maybe<T> = T | null | undefined

export type BeginInput = {
  readonly idempotencyKey: string
  readonly fromLocationId: string
  readonly toLocationId: string
  readonly lines: readonly {
    readonly lineId: string
    readonly variantId?: Maybe<string>
    readonly sku?: Maybe<string>
    readonly quantity: number
  }[]
  readonly expectedAt?: Maybe<string>
  readonly reason?: Maybe<string>
  readonly documentRef?: Maybe<string>
}

type StartInput = BeginInput & { readonly dispatchedAt?: Maybe<string> }

export type StepInput = {
  readonly idempotencyKey: string
  readonly transferId: string
  readonly expectedVersion: number
  readonly reason?: Maybe<string>
  readonly dispatchedAt?: Maybe<string>
  readonly expectedAt?: Maybe<string>
}

export type ReceiveInput = {
  readonly idempotencyKey: string
  readonly transferId: string
  readonly lines: readonly { readonly lineId: string; readonly received?: number; readonly damaged?: number }[]
  readonly final?: boolean
  readonly receivedAt?: Maybe<string>
  readonly reason?: Maybe<string>
}

/** Of either end, who asks for units as well as who gives them. @throws AppError `BAD_USER_INPUT` for a key that is none */
export async function toDraftCommand(
  input: BeginInput,
  transferId: string,
  context: RecordContext,
): Promise<BeginCommand | RecordRefusal> {
  const scope = stockScope(context.call.viewer)
  const own = isInStockScope(scope, input.fromLocationId) || isInStockScope(scope, input.toLocationId)
  if (!own) return notYours('fromLocationId')
  return await toBeginCommand('draftTransfer', input, { transferId, dispatchedAt: null }, context)
}

/** @throws AppError `BAD_USER_INPUT` for a key that is none */
export async function toStartCommand(
  input: StartInput,
  transferId: string,
  context: RecordContext,
): Promise<BeginCommand | RecordRefusal> {
  if (!isInStockScope(stockScope(context.call.viewer), input.fromLocationId)) return notYours('fromLocationId')
  const dispatchedAt = input.dispatchedAt ?? context.call.now.toISOString()
  return await toBeginCommand('startTransfer', input, { transferId, dispatchedAt }, context)
}

async function toBeginCommand(
  operation: string,
  { idempotencyKey, ...body }: BeginInput,
  { transferId, dispatchedAt }: Pick<BeginCommand, 'transferId' | 'dispatchedAt'>,
  context: RecordContext,
): Promise<BeginCommand | RecordRefusal> {
  const { call, network } = context
  const keyed = toKeyed({ operation, idempotencyKey, body }, call.viewer)
  const { fromLocationId, toLocationId, reason = null, documentRef = null } = body
  const at = dispatchedAt ?? call.now.toISOString()
  const common = { locationId: fromLocationId, kind: 'TRANSFER_OUT', transferId, occurredAt: at } as const
  const read = await readLines(
    body.lines.map((line) => ({ ...line, ...common, reason, documentRef })),
    context,
  )
  if ('kind' in read) return read
  if (!network.locations.has(toLocationId)) return refused('UNKNOWN_LOCATION', 'toLocationId names no location')
  if (toLocationId === fromLocationId) {
    return refused('BAD_TRANSFER', 'toLocationId is fromLocationId, allowed is another location')
  }
  const expectedAt = toMoment(body.expectedAt)
  const badTime = badArrivalOf(expectedAt, toMoment(at) ?? at)
  if (badTime !== null) return refused('BAD_TIME', badTime)
  const lines = read.map(({ variantId, quantity }, n) => ({ lineId: body.lines[n]?.lineId ?? '', variantId, quantity }))
  return {
    ...{ keyed, ...tellerOf(call), transferId, fromLocationId, toLocationId, lines, expectedAt, documentRef },
    dispatchedAt: toMoment(dispatchedAt),
    decision: { by: nameOf(call.viewer), reason },
  }
}

/** @throws AppError `BAD_USER_INPUT` for a key that is none */
export function toStepCommand(
  operation: string,
  to: Step['to'],
  input: StepInput,
  call: RecordContext['call'],
): StepCommand | RecordRefusal {
  const { idempotencyKey, ...body } = input
  const keyed = toKeyed({ operation, idempotencyKey, body }, call.viewer)
  const { transferId, expectedVersion, reason = null } = body
  const at = body.dispatchedAt ?? call.now.toISOString()
  const expectedAt = toMoment(body.expectedAt)
  const badTime = badTimeOf(at, call.now) ?? badArrivalOf(expectedAt, toMoment(at) ?? at)
  if (badTime !== null) return refused('BAD_TIME', badTime)
  if (reason !== null && !isText(reason)) return refused('BAD_TEXT', badReason)
  const decision = { by: nameOf(call.viewer), reason }
  const scope = stockScope(call.viewer)
  return {
    ...{ keyed, ...tellerOf(call), scope, transferId, to, expectedVersion, decision, expectedAt },
    at: new Date(at).toISOString(),
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
  if (reason !== null && !isText(reason)) invalid.push({ lineId: null, reason: 'BAD_TEXT', message: badReason })
  if (invalid.length > 0) return { kind: 'invalid', lines: invalid }
  return {
    keyed,
    ...tellerOf(call),
    scope: stockScope(call.viewer),
    transferId,
    arrivals: lines.map(toArrival),
    final,
    happenedAt: new Date(happenedAt).toISOString(),
    decision: { by: nameOf(call.viewer), reason },
  }
}

const badReason = `reason is not 1 to ${longestText} characters`

function toMoment(text: Maybe<string>): string | null {
  return text == null ? null : new Date(text).toISOString()
}

function badArrivalOf(expectedAt: string | null, dispatchedAt: string): string | null {
  if (expectedAt === null || expectedAt >= dispatchedAt) return null
  return `expectedAt is ${expectedAt}, allowed is from dispatchedAt on`
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
