import { describe, expect, it } from 'vitest'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { channelSource, locationSource, stockSource } from '../../../subgraphs/inventory/sources.ts'
import { createMemoryIdentities } from '../../support/identity-resolver.ts'
import { channelDocument, locationDocument, stockDocument } from './documents.ts'

function given(source: SourceHandler, previous: JsonObject | null = null) {
  const context = { tenant: 't', ids: createMemoryIdentities(), previous }
  return (data: JsonObject | null) =>
    source.normalize(
      { system: 'wms', kind: source.kind, key: '7', data, receivedAt: '2026-10-01T00:00:00.000Z' },
      context,
    )
}

const position = { variantId: 'variant:sku:A', locationId: 'location:location-code:DC1' }

describe('stock documents', () => {
  it('are counts whose sellable units are what is left of the shelf', () => {
    const document = stockDocument('A', 'DC1', {
      onHand: 10,
      damaged: 1,
      qualityControl: 2,
      returnHold: 3,
      manualHold: 1,
      committed: 2,
      occurredAt: '2026-09-30 23:00:00.5+00',
    })
    const [event, ...rest] = given(stockSource)(document)
    expect(rest).toEqual([])
    expect(event).toMatchObject({
      type: 'retail.inventory.stock-counted.v1',
      time: '2026-09-30T23:00:00.500Z',
      data: { ...position, onHand: 10, sellable: 3, committed: 2, incoming: 0, anomaly: null },
    })
  })

  it('that differ from the last are adjustments carrying both', () => {
    const [event] = given(stockSource, stockDocument('A', 'DC1'))(stockDocument('A', 'DC1', { onHand: 7, damaged: 2 }))
    expect(event).toMatchObject({
      type: 'retail.inventory.stock-adjusted.v1',
      data: { ...position, onHand: 7, sellable: 5, before: { onHand: 10, sellable: 10, damaged: 0 } },
    })
  })

  it('below zero are kept as received and flagged', () => {
    const take = given(stockSource)
    expect(take(stockDocument('A', 'DC1', { onHand: -1 }))[0]?.data).toMatchObject({
      onHand: -1,
      sellable: -1,
      anomaly: 'NEGATIVE_ON_HAND',
    })
    expect(take(stockDocument('A', 'DC1', { onHand: 2, damaged: 5 }))[0]?.data).toMatchObject({
      onHand: 2,
      sellable: -3,
      anomaly: 'NEGATIVE_SELLABLE',
    })
  })

  it('that went away or moved withdraw the position they were of', () => {
    const withdrawn = { type: 'retail.inventory.position-withdrawn.v1', data: position }
    expect(given(stockSource, stockDocument('A', 'DC1'))(null)).toMatchObject([withdrawn])
    const moved = given(stockSource, stockDocument('A', 'DC1'))(stockDocument('A', 'S1'))
    expect(moved).toMatchObject([
      withdrawn,
      { type: 'retail.inventory.stock-counted.v1', data: { locationId: 'location:location-code:S1' } },
    ])
  })

  it('are refused when they are no whole numbers, negative where that means nothing, or name nothing', () => {
    const take = given(stockSource)
    const refused = (overrides: JsonObject) => () => take(stockDocument('A', 'DC1', overrides))
    expect(refused({ onHand: 1.5 })).toThrow('Cannot read stock document of wms: onHand is 1.5, allowed is')
    expect(refused({ onHand: '10' })).toThrow('onHand is "10", allowed is')
    expect(refused({ onHand: 3_000_000_000 })).toThrow('onHand is 3000000000, allowed is at most 2147483647')
    expect(refused({ damaged: -1 })).toThrow('damaged is -1, allowed is at least 0')
    expect(refused({ location: null })).toThrow('location is null, allowed is an object')
    expect(refused({ variant: { namespace: 'sku', value: '' } })).toThrow(
      'variant.value is "", allowed is a length of at least 1',
    )
  })
})

describe('location and channel documents', () => {
  it('keep a location that went away, inactive', () => {
    expect(given(locationSource, locationDocument('S1'))(null)).toMatchObject([{ data: { code: 'S1', active: false } }])
    expect(given(locationSource)(null)).toEqual([])
  })

  it('close a channel that went away', () => {
    const [closed] = given(channelSource, channelDocument('web'))(null)
    expect(closed).toMatchObject({ type: 'retail.inventory.channel-closed.v1', subject: 'web' })
  })

  it('are refused with the field, its value and what is allowed', () => {
    const take = given(locationSource)
    expect(() => take(locationDocument('S1', { kind: 'SHOP' }))).toThrow('kind is "SHOP", allowed is "DC", "STORE"')
    expect(() => take(locationDocument('S1', { timeZone: 'Mars/Base' }))).toThrow('allowed is an IANA time zone')
    expect(() => take(locationDocument('S1', { gln: '4006381333930' }))).toThrow('allowed is a GLN')
    expect(() => given(channelSource)(channelDocument('web', { methods: ['TELEPORT'] }))).toThrow(
      'Cannot read channel document of wms: methods.0 is "TELEPORT", allowed is "SHIP"',
    )
  })
})
