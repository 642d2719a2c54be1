import { describe, expect, it } from 'vitest'
import type { LineState } from '../../../subgraphs/orders/line-states.ts'
import { toOrderState } from '../../../subgraphs/orders/order-state.ts'
import { toPublicStatus } from '../../../subgraphs/orders/public-status.ts'

const counts = (...states: LineState[]) => states.map((state) => ({ state, quantity: 1 }))
const publicly = (states: readonly LineState[], fullyRefunded = false) =>
  toPublicStatus({ state: toOrderState(counts(...states)), counts: counts(...states), fullyRefunded })

describe('the state of an order', () => {
  it('is the least progress of its open units', () => {
    expect(toOrderState(counts('PICKED', 'RESERVED'))).toBe('RESERVED')
  })

  it('is partial when some units are further than shipping', () => {
    expect(toOrderState(counts('SHIPPED', 'PACKED'))).toBe('PARTIALLY_SHIPPED')
    expect(toOrderState(counts('DELIVERED', 'SHIPPED'))).toBe('PARTIALLY_DELIVERED')
    expect(toOrderState(counts('RETURNED', 'DELIVERED'))).toBe('PARTIALLY_RETURNED')
  })

  it('does not wait for cancelled, rejected or lost units', () => {
    expect(toOrderState(counts('SHIPPED', 'CANCELLED'))).toBe('SHIPPED')
    expect(toOrderState(counts('DELIVERED', 'LOST'))).toBe('DELIVERED')
  })

  it('is what ended it when no unit is open', () => {
    expect(toOrderState(counts('CANCELLED', 'CANCELLED'))).toBe('CANCELLED')
    expect(toOrderState(counts('REJECTED'))).toBe('REJECTED')
    expect(toOrderState(counts('LOST', 'CANCELLED'))).toBe('LOST')
  })

  it('is delivered while a return is under way', () => {
    expect(toOrderState(counts('RETURN_REQUESTED', 'DELIVERED'))).toBe('DELIVERED')
    expect(toOrderState(counts('COLLECTED', 'COLLECTED'))).toBe('COLLECTED')
  })
})

describe('the public status', () => {
  it('says nothing of holds and checks', () => {
    expect(publicly(['ON_HOLD'])).toBe('RECEIVED')
    expect(publicly(['REJECTED'])).toBe('CANCELLED')
  })

  it('tells a partial cancellation only before goods are on their way', () => {
    expect(publicly(['ACCEPTED', 'CANCELLED'])).toBe('PARTIALLY_CANCELLED')
    expect(publicly(['SHIPPED', 'CANCELLED'])).toBe('ON_ITS_WAY')
  })

  it('tells a return once it is started, received and paid back', () => {
    expect(publicly(['DELIVERED', 'RETURN_REQUESTED'])).toBe('RETURN_STARTED')
    expect(publicly(['DELIVERED', 'RETURNED'])).toBe('RETURN_RECEIVED')
    expect(publicly(['RETURNED'], true)).toBe('REFUNDED')
  })
})
