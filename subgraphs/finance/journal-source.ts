import { z } from 'zod'
import type { SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import {
  currencyField,
  decimalField,
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
  toAmountMinor,
} from '../../platform/connector/document-fields.ts'
import { type Fact, toFactEvent } from '../../platform/connector/fact.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { journalTypeOf, postingStatuses } from './events.ts'
import { type PostingStatus, postingTransitions, reaches } from './state-machines.ts'

const isPosted = (status: PostingStatus) => status === 'POSTED' || status === 'REVERSED'

const journalDocument = z
  .object({
    number: textField,
    order: referenceField,
    rule: textField,
    postingId: optional(textField),
    documentRef: optional(textField),
    currency: currencyField,
    amount: decimalField,
    status: z.enum(postingStatuses),
    reason: optional(textField),
    createdAt: timestampField,
    postedAt: optional(timestampField),
  })
  .refine(({ status, postedAt }) => isPosted(status) === (postedAt !== null), {
    path: ['postedAt'],
    error: 'a time when POSTED or REVERSED, else none',
  })

/**
 * An entry of a finance system's journal. One its source no longer has stays as it was: closed periods are moved away. A
 * status the entry cannot have come to is refused: what was posted is undone by a reversal only.
 */
export const journalSource: SourceHandler = {
  kind: 'journal-entry',
  version: 1,
  normalize(document, context) {
    if (document.data === null) return []
    const now = parseDocument(journalDocument, document)
    const before = parsePrevious(journalDocument, context)
    const { number, rule, postingId, documentRef, currency, status: state, reason, createdAt, postedAt } = now
    if (before !== null && !reaches<PostingStatus>(postingTransitions, before.status, state)) {
      throw unreachable(document, before.status, state)
    }
    const entryId = context.ids.idOf('journal-entry', document.system, document.key)
    const orderOf = ({ order }: typeof now) => context.ids.idOf('order', order.namespace, order.value)
    const orderId = orderOf(now)
    const moved = before?.status !== state
    const fact: Fact = {
      type: moved ? journalTypeOf[state] : 'retail.finance.journal-amended.v1',
      aggregate: 'finance/journal-entry',
      id: entryId,
      partitionKey: orderId,
      data: {
        ...{ entryId, postingId, orderId, number, rule, documentRef, currency, state, reason, createdAt, postedAt },
        formerOrderId: before !== null && orderOf(before) !== orderId ? orderOf(before) : null,
        formerState: before?.status ?? null,
        amountMinor: toAmountMinor(document, 'amount', now.amount, currency),
      },
      occurredAt: moved && state === 'POSTED' ? postedAt : before === null ? createdAt : null,
    }
    return [toFactEvent(fact, document, context)]
  },
}

function unreachable({ kind, system }: SourceDocument, before: PostingStatus, got: PostingStatus): AppError {
  const allowed = postingStatuses
    .filter((status) => reaches<PostingStatus>(postingTransitions, before, status))
    .join(', ')
  return new AppError(
    'SOURCE_DATA_INVALID',
    `Cannot read ${kind} document of ${system}: status is ${got} after ${before}, allowed is ${allowed}`,
    { details: { fields: [{ field: 'status', got, allowed }] } },
  )
}
