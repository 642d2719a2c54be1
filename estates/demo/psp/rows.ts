import { type OrderPlan, statusOf } from '../order-plan.ts'
import { instant, rowOf, sourceTable, type TableRow } from '../rows.ts'

const txn = sourceTable(
  'psp',
  'txn',
  'id merchant_ref provider provider_ref method state currency authorized_minor created_at authorized_at',
)
const capture = sourceTable('psp', 'capture', 'txn_id seq amount_minor captured_at')
const refund = sourceTable('psp', 'refund', 'id txn_id amount_minor state reason created_at')

const webMethods = ['card', 'card', 'paypal', 'klarna'] as const

/** Money is taken when the goods leave, at the till at once. */
export function* paymentRows(plan: OrderPlan): Generator<TableRow> {
  const { brief } = plan
  const id = `pi_${brief.orderId}`
  const capturedAtMs =
    plan.stageAt(statusOf.shipped) ?? plan.stageAt(statusOf.ready) ?? plan.stageAt(statusOf.collected)
  const state = plan.status === statusOf.cancelled ? 'voided' : capturedAtMs === null ? 'requires_capture' : 'succeeded'
  const provider = brief.channel === 'AMZ' ? 'amazonpay' : brief.channel === 'POS' ? 'tillpay' : 'paygate'
  const method =
    brief.channel === 'AMZ'
      ? 'amazon_pay'
      : brief.channel === 'POS'
        ? 'girocard'
        : (webMethods[brief.orderId % 4] ?? 'card')
  yield rowOf(
    txn,
    id,
    brief.number,
    provider,
    `${provider.toUpperCase()}-${brief.orderId * 31}`,
    method,
    state,
    brief.currency,
    plan.totalMinor,
    instant(brief.placedAtMs),
    instant(brief.placedAtMs),
  )
  if (capturedAtMs !== null) yield rowOf(capture, id, 1, plan.totalMinor, instant(capturedAtMs))
  if (plan.refund !== null) {
    yield rowOf(
      refund,
      `re_${brief.orderId}`,
      id,
      plan.refund.amountMinor,
      plan.refund.state,
      'customer_return',
      instant(plan.refund.atMs),
    )
  }
}
