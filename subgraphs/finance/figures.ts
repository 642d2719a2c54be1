import type { Queryable } from '../../platform/sql/database.ts'
import type { Figures } from '../../platform/subgraph/subgraph.ts'

/** What is to be posted and is not in the books yet. */
export function financeFigures(database: Queryable): Figures {
  return {
    help: {
      postings_waiting: 'Postings that wait for a cost, a duty, a rate or whose books they belong in',
      postings_unconfirmed: 'Postings that were told and that no finance system has confirmed',
      postings_rejected: 'Postings that a finance system refused, reversed, or posted with another amount',
    },
    async read() {
      // Read from the partial index of open postings.
      const { rows } = await database.query<{ stage: string; postings: number }>(
        `SELECT stage, count(*)::float8 AS postings FROM finance.postings
         WHERE stage IN ('WAITING', 'PENDING', 'REJECTED') GROUP BY stage`,
        [],
      )
      const countOf = (wanted: string) => rows.find(({ stage }) => stage === wanted)?.postings ?? 0
      return {
        postings_waiting: countOf('WAITING'),
        postings_unconfirmed: countOf('PENDING'),
        postings_rejected: countOf('REJECTED'),
      }
    },
  }
}
