import { createHash } from 'node:crypto'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import { parseDocument } from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import type { NewEvent } from '../../platform/event-log/event-log.ts'
import { acknowledgementSource } from './acknowledgement-source.ts'
import type { LineReportData, OrderContent } from './events.ts'
import { reportSource } from './fulfillment/report-source.ts'
import { type LineState, moveUnits, type StateQuantity, sameCounts } from './line-states.ts'
import { demandOf } from './order-demand.ts'
import { type OrderDocument, orderDocument, toContent, toLineCounts } from './order-document.ts'
import { changeSetOf } from './order-edit.ts'
import { shipmentSource } from './shipment-source.ts'

type Content = Omit<OrderContent, 'origin' | 'former'>

/**
 * A sales order. Its content and how far its lines are become separate facts, since they happen at different
 * times. An order its source no longer has was archived there, not undone: that makes no event.
 */
const orderSource: SourceHandler = {
  kind: 'order',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(orderDocument, document)
    const before = orderDocument.safeParse(context.previous).data ?? null
    const content = toContent(now, document, context)
    const former = before && toContent(before, document, context)
    return [
      ...contentEvents(content, former, document, context),
      ...substitutionEvents(content, former, document, context),
      ...stateEvents(now, before, content.orderId, document, context),
      ...demandEvents(now, before, content, former, document, context),
    ]
  },
}

export const ordersSources: readonly SourceHandler[] = [
  orderSource,
  shipmentSource,
  acknowledgementSource,
  reportSource,
]

function contentEvents(
  now: Content,
  before: Content | null,
  document: SourceDocument,
  context: NormalizeContext,
): readonly NewEvent[] {
  const fact = { aggregate: 'orders/order', id: now.orderId, dataClassification: 'restricted' as const }
  if (before === null) {
    return [
      toFactEvent(
        {
          ...fact,
          type: 'retail.order.captured.v1',
          data: { ...now, former: null },
          occurredAt: now.placedAt,
          ingressKey: `order-captured:${JSON.stringify([now.channelId, now.externalNumber, now.orderId])}`,
        },
        document,
        context,
      ),
    ]
  }
  const changes = membersOf(now).filter((member) => JSON.stringify(now[member]) !== JSON.stringify(before[member]))
  if (changes.length === 0) return []
  const sameKeys = !changes.some((member) => ['number', 'channelId', 'externalNumber'].includes(member))
  const { number, channelId, externalNumber } = before
  const data = {
    ...now,
    former: sameKeys ? null : { number, channelId, externalNumber },
    changes,
    changeSet: changeSetOf(before, now),
  }
  const ingressKey = `order-edited:${document.system}:${document.key}:${document.receivedAt}:${digestOf(data)}`
  return [
    toFactEvent({ ...fact, type: 'retail.order.edited.v1', data, occurredAt: null, ingressKey }, document, context),
  ]
}

/** Lines that have come to be given as another item than was ordered. */
function substitutionEvents(
  now: Content,
  before: Content | null,
  document: SourceDocument,
  context: NormalizeContext,
): readonly NewEvent[] {
  const known = new Map(before?.lines.map((line) => [line.lineId, line]))
  return now.lines.flatMap((line): readonly NewEvent[] => {
    const { lineId, quantity, variantId, sku, substitutedFor: ordered } = line
    const was = known.get(lineId)
    if (ordered === null || (was?.substitutedFor?.sku === ordered.sku && was.sku === sku)) return []
    const data = { orderId: now.orderId, lineId, quantity, ordered, given: { variantId, sku } }
    const fact = { aggregate: 'orders/order', id: now.orderId, data, occurredAt: null }
    return [toFactEvent({ ...fact, type: 'retail.order.line-substituted.v1' }, document, context)]
  })
}

/** None of a new order: whoever keeps units for it knows what for. */
function demandEvents(
  now: OrderDocument,
  before: OrderDocument | null,
  content: Content,
  former: Content | null,
  document: SourceDocument,
  context: NormalizeContext,
): readonly NewEvent[] {
  if (before === null || former === null) return []
  const { orderId, channelId } = content
  const wanted = demandOf(former.lines, toLineCounts(before, orderId))
  const wants = demandOf(content.lines, toLineCounts(now, orderId))
  if (JSON.stringify(wanted) === JSON.stringify(wants)) return []
  const data = { orderId, channelId, before: [...wanted], after: [...wants] }
  const fact = { type: 'retail.order.demand-changed.v1', aggregate: 'orders/order-demand', id: orderId, data }
  const ingressKey = `order-demand:${document.system}:${document.key}:${document.receivedAt}:${digestOf(data)}`
  return [toFactEvent({ ...fact, occurredAt: null, ingressKey }, document, context)]
}

function stateEvents(
  now: OrderDocument,
  before: OrderDocument | null,
  orderId: string,
  document: SourceDocument,
  context: NormalizeContext,
): readonly NewEvent[] {
  const countsBefore = before === null ? null : toLineCounts(before, orderId)
  const quantities = [...toLineCounts(now, orderId)]
  const lines: LineReportData['lines'] = []
  const skipped = new Set<LineState>()
  for (const [lineId, after] of quantities) {
    const known = countsBefore?.get(lineId) ?? [{ state: 'CAPTURED', quantity: sumOf(after) }]
    if (sameCounts(known, after)) continue
    lines.push({ lineId, before: [...known], after: [...after] })
    const since = now.placedAt
    for (const state of moveUnits(
      known.map((count) => ({ ...count, since })),
      after,
      since,
    ).skipped)
      skipped.add(state)
  }
  if (lines.length === 0) return []
  const occurredAt = now.statusAt
  const data = { orderId, lines, skipped: [...skipped] }
  return [
    toFactEvent(
      {
        type: lines.every(onlyCancels) ? 'retail.order.cancelled.v1' : 'retail.order.line-state-changed.v1',
        aggregate: 'orders/order',
        id: orderId,
        data,
        occurredAt,
        ingressKey: `order-state:${document.system}:${document.key}:${occurredAt ?? ''}:${document.receivedAt}:${digestOf(data)}`,
      },
      document,
      context,
    ),
  ]
}

function onlyCancels({ before, after }: LineReportData['lines'][number]): boolean {
  const known = new Map(before.map(({ state, quantity }) => [state, quantity]))
  return after.every(({ state, quantity }) => state === 'CANCELLED' || quantity <= (known.get(state) ?? 0))
}

function membersOf(content: Content): readonly (keyof Content)[] {
  return Object.keys(content) as (keyof Content)[]
}

function sumOf(counts: readonly StateQuantity[]): number {
  return counts.reduce((sum, { quantity }) => sum + quantity, 0)
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16)
}
