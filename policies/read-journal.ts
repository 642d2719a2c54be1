import { allow, deny, type Policy } from './policy.ts'

/**
 * What is posted in the books: finance only. The service desk has the state of payments, partners their settlement view.
 * Guards `Order.journalEntries`, `Query.financialPosting` and every way to a `JournalEntry`.
 */
export const readJournal: Policy = {
  name: 'read-journal',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('the journal is not for this kind of viewer')
    return viewer.roles.includes('finance') ? allow : deny('role may not read the journal')
  },
}
