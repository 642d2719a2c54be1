import { AppError } from '../../../platform/errors/app-error.ts'
import { toMoney } from '../../../platform/money-answer.ts'
import type { SubgraphResolvers } from '../../../schema/generated/finance.ts'
import { type PostedLine, ruleVersion, stageOf } from './posting.ts'
import { readOpenPostings } from './posting-store.ts'

const mostListed = 100

export const postingQueries: Pick<NonNullable<SubgraphResolvers['Query']>, 'openPostings'> = {
  async openPostings(_, { stages, first }, { database, viewer, load }) {
    const size = first ?? 25
    if (size < 0 || size > mostListed) {
      throw new AppError('BAD_USER_INPUT', `Cannot list postings: first is ${size}, allowed is 0 to ${mostListed}`)
    }
    const found = await readOpenPostings(database, viewer.tenant, stages ?? [], size)
    const seen = await Promise.all(found.map(({ id }) => load.posting.load(id)))
    return seen.filter((one) => one !== null)
  },
}

export const postingTypes: Pick<SubgraphResolvers, 'Return' | 'Posting' | 'PostingLine'> = {
  Return: {
    // Which returns exist is the orders subgraph's to say.
    __resolveReference: ({ id }) => ({ id }),
    postings: ({ id }, _, { load }) => load.postingsOfReturn.load(id),
    postingStage: async ({ id }, _, { load }) => stageOf(await load.postingsOfReturn.load(id)),
  },
  Posting: {
    __resolveReference: ({ id }, { load }) => load.posting.load(id),
    ruleVersion: () => ruleVersion,
    canonicalTransactionId: ({ orderId }) => orderId,
    order: ({ orderId }) => ({ id: orderId }),
    return: ({ returnId }) => ({ id: returnId }),
    // Only those that there is something to post of are read.
    stage: ({ stage }) => stage ?? 'WAITING',
    journalEntry: ({ journalEntryId }, _, { load }) =>
      journalEntryId === null ? null : load.journalEntry.load(journalEntryId),
  },
  PostingLine: {
    debit: (line) => amountOf(line, 'DEBIT'),
    credit: (line) => amountOf(line, 'CREDIT'),
    location: ({ locationId }) => (locationId === null ? null : { id: locationId }),
  },
}

function amountOf({ side, amountMinor, currency }: PostedLine, wanted: PostedLine['side']) {
  return side === wanted ? toMoney(amountMinor, currency) : null
}
