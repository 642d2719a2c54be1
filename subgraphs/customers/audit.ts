import { randomUUID } from 'node:crypto'
import type { Database } from '../../platform/sql/database.ts'

export type Disclosure = {
  readonly tenant: string
  /** Who saw it. */
  readonly subject: string
  readonly clientId: string
  readonly customerId: string
  readonly reason: string
  readonly correlationId: string
  readonly at: Date
}

export type Audit = {
  /** Resolves, with the record's id, when it is durable: only then may anything be shown. */
  record(disclosure: Disclosure): Promise<string>
}

/** Records of who saw whose contact data; see `migrations/002-disclosures.sql`. */
export function createAudit(database: Database): Audit {
  return {
    async record({ tenant, subject, clientId, customerId, reason, correlationId, at }) {
      const id = `dis_${randomUUID()}`
      await database.query(
        `INSERT INTO customers.disclosures (id, tenant, subject, client_id, customer_id, reason, correlation_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [id, tenant, subject, clientId, customerId, reason, correlationId, at],
      )
      return id
    },
  }
}
