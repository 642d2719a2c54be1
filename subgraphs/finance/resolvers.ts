import { toProvenance } from '../../platform/connector/freshness.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { toMoney } from '../../platform/money-answer.ts'
import type { SubgraphResolvers } from '../../schema/generated/finance.ts'
import type { Context } from './loaders.ts'
import { summarizePayments } from './payment-summary.ts'
import { postingQueries, postingTypes } from './postings/posting-resolvers.ts'
import type { Origin } from './reads.ts'

export const financeResolvers: SubgraphResolvers = {
  ...postingTypes,
  Query: {
    ...postingQueries,
    payment: (_, { id }, { load }) => load.payment.load(id),
    async invoice(_, { id, number }, { load }) {
      if ((id == null) === (number == null)) {
        const got = id == null ? 'neither' : 'both'
        throw new AppError('BAD_USER_INPUT', `Cannot find an invoice: ${got} of id and number is given, allowed is one`)
      }
      const found = id ?? (number == null ? null : await load.invoiceIdByNumber.load(number))
      return found === null ? null : await load.invoice.load(found)
    },
    financialPosting: (_, { orderId }, { load }) => load.journalEntriesOfOrder.load(orderId),
  },
  Order: {
    __resolveReference: ({ id }) => ({ id }),
    payments: async ({ id }, _, { load }) => (await load.paymentsOfOrder.load(id)) ?? [],
    refunds: async ({ id }, _, { load }) => (await load.refundsOfOrder.load(id)) ?? [],
    invoices: async ({ id }, _, { load }) => (await load.invoicesOfOrder.load(id)) ?? [],
    journalEntries: async ({ id }, _, { load }) => (await load.journalEntriesOfOrder.load(id)) ?? [],
    paymentSummary: async ({ id }, _, { load }) => summarizePayments((await load.paymentsOfOrder.load(id)) ?? []),
  },
  PaymentSummary: {
    authorized: ({ authorizedMinor, currency }) => toMoney(authorizedMinor, currency),
    captured: ({ capturedMinor, currency }) => toMoney(capturedMinor, currency),
    refunded: ({ refundedMinor, currency }) => toMoney(refundedMinor, currency),
  },
  Payment: {
    __resolveReference: ({ id }, { load }) => load.payment.load(id),
    order: ({ orderId }) => ({ id: orderId }),
    authorized: ({ authorizedMinor, currency }) => toMoney(authorizedMinor, currency),
    captured: ({ capturedMinor, currency }) => toMoney(capturedMinor, currency),
    refunded: ({ refundedMinor, currency }) => toMoney(refundedMinor, currency),
    provenance: toAnswer,
  },
  Refund: {
    __resolveReference: ({ id }, { load }) => load.refund.load(id),
    order: ({ orderId }) => ({ id: orderId }),
    payment: ({ paymentId }, _, { load }) => (paymentId === null ? null : load.payment.load(paymentId)),
    amount: ({ amountMinor, currency }) => toMoney(amountMinor, currency),
    provenance: toAnswer,
  },
  Invoice: {
    __resolveReference: ({ id }, { load }) => load.invoice.load(id),
    order: ({ orderId }) => ({ id: orderId }),
    total: ({ amountMinor, currency }) => toMoney(amountMinor, currency),
    provenance: toAnswer,
  },
  JournalEntry: {
    __resolveReference: ({ id }, { load }) => load.journalEntry.load(id),
    order: ({ orderId }) => ({ id: orderId }),
    amount: ({ amountMinor, currency }) => toMoney(amountMinor, currency),
    provenance: toAnswer,
  },
}

function toAnswer(row: Origin, _: unknown, { freshness, now }: Context) {
  return toProvenance(row, freshness, now)
}
