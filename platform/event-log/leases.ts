import DataLoader from 'dataloader'
import type { Database } from '../sql/database.ts'
import { type Renewal, renewCheckpoints } from './checkpoint.ts'

/** Renews the leases of a process's consumers, which all fall due at the same time, in one statement. */
export type Leases = {
  /** @returns false when the checkpoint is no longer where, or whose, the consumer thought, or is locked now: nothing was written */
  renew(renewal: Renewal): Promise<boolean>
}

export function createLeases(database: Database): Leases {
  const due = new DataLoader<Renewal, boolean>(
    async (renewals) => {
      const renewed = await renewCheckpoints(database, renewals)
      return renewals.map(({ name, holder }) => renewed.has(`${name} ${holder}`))
    },
    { cache: false, batchScheduleFn: (send) => setTimeout(send, gatherMs) },
  )
  return { renew: (renewal) => due.load(renewal) }
}

/** When a consumer's lease is to be renewed next: at the same time for all, within half of it. */
export function nextRenewalMs(nowMs: number, leaseMs: number): number {
  const everyMs = leaseMs / 2
  return (Math.floor(nowMs / everyMs) + 1) * everyMs
}

/** Timers for one moment go off some milliseconds apart. */
const gatherMs = 5
