import { newestBySource, parseEvent } from '../../platform/event-log/event-schema.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import { type TermEventType, termEvents, termKindOf } from './term-schemas.ts'
import { withConsumed } from './terms/said-consumed.ts'

/** The one key under which what is said of no variant in particular is cached. */
export const sharedTermsKey = 'all'

const types = Object.keys(termEvents)

/** What is agreed about selling stock. */
export const termsProjection: Projection = {
  name: 'inventory.terms',
  types,
  tables: ['inventory.terms'],
  async apply(transaction, recorded) {
    const told = recorded.flatMap((event) => parseEvent(termEvents, event) ?? [])
    const events = newestBySource(await withConsumed(transaction, told))
    const rows = events.map((event) => {
      const { type, data } = event
      const { termId, ...body } = data
      return {
        id: termId,
        kind: event.type === 'retail.inventory.term-withdrawn.v1' ? event.data.kind : termKindOf(type),
        withdrawn: type === 'retail.inventory.term-withdrawn.v1',
        variant_id: 'variantId' in data ? data.variantId : null,
        data: body,
        version: event.recorded.sequence,
      }
    })
    if (rows.length > 0) await transaction.query(upsertTerms, [JSON.stringify(rows)])
  },
  keysOf({ type, data }) {
    if (!isTermEvent(type)) return []
    return typeof data.variantId === 'string'
      ? [{ cache: 'inventory.terms-of-variant', key: data.variantId }]
      : [{ cache: 'inventory.shared-terms', key: sharedTermsKey }]
  },
}

function isTermEvent(type: string): type is TermEventType {
  return Object.hasOwn(termEvents, type)
}

const upsertTerms = `
INSERT INTO inventory.terms AS known (id, kind, withdrawn, variant_id, data, version)
SELECT id, kind, withdrawn, variant_id, data, version
FROM jsonb_to_recordset($1::jsonb) AS r(id text, kind text, withdrawn boolean, variant_id text, data jsonb, version bigint)
ON CONFLICT (id) DO UPDATE SET
  kind = excluded.kind, withdrawn = excluded.withdrawn, variant_id = excluded.variant_id, data = excluded.data, version = excluded.version
WHERE known.version < excluded.version`
