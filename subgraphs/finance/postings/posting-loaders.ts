import DataLoader from 'dataloader'
import { groupBy } from '../../../platform/group-by.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { Queryable } from '../../../platform/sql/database.ts'
import type { MaySee } from '../visible.ts'
import type { KeptPosting } from './posting.ts'
import { readPostings, readPostingsOfReturns } from './posting-store.ts'

/** Postings as one viewer may see them: of no order out of their scope. */
export function createPostingLoaders(database: Queryable, { tenant }: Viewer, maySee: MaySee) {
  const visible = async (found: readonly KeptPosting[]): Promise<readonly KeptPosting[]> => {
    const seen = await Promise.all(found.map(({ orderId }) => maySee(orderId)))
    return found.filter(({ stage }, at) => stage !== null && seen[at])
  }
  return {
    posting: new DataLoader<string, KeptPosting | null>(
      async (ids) => {
        const found = new Map((await visible(await readPostings(database, tenant, ids))).map((one) => [one.id, one]))
        return ids.map((id) => found.get(id) ?? null)
      },
      { maxBatchSize: 1_000 },
    ),
    postingsOfReturn: new DataLoader<string, readonly KeptPosting[]>(
      async (ids) => {
        const found = await visible(await readPostingsOfReturns(database, tenant, ids))
        const byReturn = groupBy(found, ({ returnId }) => returnId)
        return ids.map((id) => byReturn.get(id) ?? [])
      },
      { maxBatchSize: 1_000 },
    ),
  }
}
