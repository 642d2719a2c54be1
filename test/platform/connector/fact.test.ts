import { describe, expect, it } from 'vitest'
import { toFactEvent } from '../../../platform/connector/fact.ts'

const document = { system: 'erp', kind: 'thing', key: '1', data: {}, receivedAt: '2026-10-01T00:00:00.000Z' }
const fact = {
  type: 'retail.thing.changed.v1',
  aggregate: 'things/thing',
  id: 'a/b',
  data: { size: 1 },
  occurredAt: null,
}

describe('toFactEvent', () => {
  it('scopes the sequence by tenant, aggregate and id, and tells where the fact comes from', () => {
    expect(toFactEvent(fact, document, { tenant: 't' })).toEqual({
      type: 'retail.thing.changed.v1',
      source: '/tenants/t/things/thing/a%2Fb',
      subject: 'a/b',
      time: '2026-10-01T00:00:00.000Z',
      data: { size: 1, origin: { system: 'erp', occurredAt: null, receivedAt: '2026-10-01T00:00:00.000Z' } },
      partitionKey: 'a/b',
      authority: 'erp',
    })
  })

  it('takes the source’s own time where there is one, and keeps tenants’ natural keys apart', () => {
    const occurredAt = '2026-09-01T00:00:00.000Z'
    const full = { ...fact, occurredAt, partitionKey: 'p', ingressKey: 'k', dataClassification: 'restricted' as const }
    expect(toFactEvent(full, document, { tenant: 't' })).toMatchObject({
      time: occurredAt,
      data: { origin: { occurredAt } },
      partitionKey: 'p',
      ingressKey: 't:k',
      dataClassification: 'restricted',
    })
  })
})
