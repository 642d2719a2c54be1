import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { priceSource, variantSource } from '../../../subgraphs/products/sources.ts'
import { createMemoryIdentities } from '../../support/identity-resolver.ts'
import { priceDocument, variantDocument } from './documents.ts'

function given(source: typeof variantSource, previous: JsonObject | null = null) {
  const context = { tenant: 't', ids: createMemoryIdentities(), previous }
  return (data: JsonObject | null) =>
    source.normalize(
      { system: 'erp', kind: source.kind, key: '7', data, receivedAt: '2026-10-01T00:00:00.000Z' },
      context,
    )
}

describe('variant documents', () => {
  it('become a product and a variant, named by every key they have', () => {
    const [product, variant, ...rest] = given(variantSource)(variantDocument('A', { gtin: '96385074' }))
    expect(rest).toEqual([])
    expect(product).toMatchObject({
      type: 'retail.product.changed.v1',
      source: '/tenants/t/products/product/product%3Aerp%3ATEE',
      authority: 'erp',
      data: { productId: 'product:erp:TEE', title: 'Tee', categoryPath: ['Clothes', 'Tops'] },
    })
    expect(variant).toMatchObject({
      type: 'retail.variant.changed.v1',
      subject: 'variant:erp:7',
      partitionKey: 'product:erp:TEE',
      data: {
        sku: 'A',
        gtin: '96385074',
        lifecycle: 'ACTIVE',
        former: null,
        origin: { system: 'erp', occurredAt: null },
      },
    })
  })

  it('say nothing of a product that is as before, and name the keys a variant had', () => {
    const events = given(variantSource, variantDocument('A'))(variantDocument('B'))
    expect(events.map(({ type }) => type)).toEqual(['retail.variant.changed.v1'])
    expect(events[0]?.data.former).toEqual({ sku: 'A', gtin: null, productId: 'product:erp:TEE' })
  })

  it('that went away archive what was known, and say nothing of what never was', () => {
    expect(given(variantSource, variantDocument('A'))(null)).toMatchObject([
      { data: { lifecycle: 'ARCHIVED', sku: 'A' } },
    ])
    expect(given(variantSource)(null)).toEqual([])
  })

  it('are refused with the field, its value and what is allowed', () => {
    const take = given(variantSource)
    expect(() => take(variantDocument('A', { sku: null }))).toThrow(
      'Cannot read variant document of erp: sku is null, allowed is a string',
    )
    expect(() => take(variantDocument('A', { gtin: '4006381333932' }))).toThrow(
      'gtin is "4006381333932", allowed is a GTIN: 8, 12, 13 or 14 digits with a valid check digit',
    )
    expect(() => take(variantDocument('A', { lifecycle: 'SOLD' }))).toThrow('lifecycle is "SOLD", allowed is "ACTIVE"')
    expect(() => take(variantDocument('A', { title: 'a\u0000b' }))).toThrow('title is')
  })
})

describe('price documents', () => {
  it('become minor units of their currency', () => {
    const take = given(priceSource)
    expect(take(priceDocument('A', { amount: '12.30' }))[0]?.data).toMatchObject({
      variantId: 'variant:sku:A',
      amountMinor: '1230',
      validFrom: null,
    })
    const dated = priceDocument('A', {
      currency: 'JPY',
      amount: 500,
      validFrom: '2026-10-01',
      validTo: '2026-11-01 00:00:00+02',
    })
    expect(take(dated)[0]?.data).toMatchObject({
      amountMinor: '500',
      validFrom: '2026-10-01T00:00:00.000Z',
      validTo: '2026-10-31T22:00:00.000Z',
    })
  })

  it('that went away withdraw the price', () => {
    const [event] = given(priceSource, priceDocument('A'))(null)
    expect(event).toMatchObject({
      type: 'retail.price.withdrawn.v1',
      subject: 'erp:7',
      data: { variantId: 'variant:sku:A' },
    })
  })

  it('are refused when negative, too fine, of no currency or valid backwards', () => {
    const take = given(priceSource)
    const refused = (overrides: JsonObject) => () => take(priceDocument('A', overrides))
    expect(refused({ amount: '-1' })).toThrow('Cannot read price document of erp: amount is "-1", allowed is 0 or more')
    expect(refused({ compareAt: '1.234' })).toThrow(
      'compareAt is "1.234", allowed is at most 2 digits after the point for EUR',
    )
    expect(refused({ amount: 1.5 })).toThrow('amount is 1.5, allowed is a decimal as text, or a whole number')
    expect(refused({ currency: 'EURO' })).toThrow('currency is "EURO", allowed is an ISO 4217 code')
    expect(refused({ validFrom: '2026-02-30' })).toThrow('validFrom is "2026-02-30", allowed is RFC 3339')
    expect(refused({ validFrom: '2026-02-02', validTo: '2026-02-01' })).toThrow('allowed is a time after validFrom')
    expect(refused({ variant: { namespace: 'sku', value: null } })).toThrow(
      'variant.value is null, allowed is a string',
    )
  })
})
