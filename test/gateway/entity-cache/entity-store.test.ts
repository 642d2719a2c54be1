import { describe, expect, it } from 'vitest'
import { createEntityStore } from '../../../gateway/entity-cache/entity-store.ts'
import { createRecentDrops } from '../../../gateway/entity-cache/recent-drops.ts'

describe('kept answers', () => {
  it('stay within their memory, the least used going first', () => {
    const store = createEntityStore({ maxEntries: 1_000, maxBytes: 20_000 })
    for (let id = 0; id < 100; id++) {
      store.put(`thing:${id}`, 'asked', { text: 'x'.repeat(500) }, store.now())
      store.get('thing:0', 'asked')
      expect(store.bytes()).toBeLessThanOrEqual(20_000)
    }
    expect(store.entries()).toBeGreaterThan(5)
    expect(store.entries()).toBeLessThan(20)
    expect(store.get('thing:0', 'asked')).toEqual({ text: 'x'.repeat(500) })
    expect(store.get('thing:1', 'asked')).toBeUndefined()
  })

  it('of one entity are few, the oldest question going first, and their memory counts', () => {
    const store = createEntityStore({ maxEntries: 10, maxBytes: 1_000_000 })
    for (let question = 0; question < 17; question++) store.put('thing', `q${question}`, { question }, store.now())
    const full = store.bytes()
    expect([store.get('thing', 'q0'), store.get('thing', 'q1')]).toEqual([undefined, { question: 1 }])
    store.put('thing', 'q17', { question: 17 }, store.now())
    expect(store.bytes()).toBe(full)
  })

  it('go together when their entity is dropped, and come back only from what was read after', () => {
    const store = createEntityStore({ maxEntries: 10, maxBytes: 10_000 })
    const before = store.now()
    store.put('thing', 'one', { name: 'old' }, before)
    store.put('thing', 'two', null, before)
    store.drop('thing')
    expect([store.get('thing', 'one'), store.get('thing', 'two')]).toEqual([undefined, undefined])
    expect(store.put('thing', 'one', { name: 'old' }, before)).toBe(false)
    expect(store.put('other', 'one', { name: 'old' }, before)).toBe(true)
    expect(store.put('thing', 'one', { name: 'new' }, store.now())).toBe(true)
    const during = store.now()
    store.dropAll()
    expect(store.put('other', 'one', { name: 'old' }, during)).toBe(false)
    expect([store.get('thing', 'one'), store.entries()]).toEqual([undefined, 0])
  })
})

describe('recent drops', () => {
  it('count as drops of everything older once they are forgotten', () => {
    const drops = createRecentDrops(2)
    const start = drops.now()
    drops.drop('a')
    const afterA = drops.now()
    for (const key of ['b', 'c']) drops.drop(key)
    // `a` is forgotten: whatever was read before may have been it.
    expect(drops.isDroppedSince('a', start)).toBe(true)
    expect(drops.isDroppedSince('never dropped', start)).toBe(true)
    expect(drops.isDroppedSince('a', afterA)).toBe(false)
    expect(drops.isDroppedSince('c', afterA)).toBe(true)
  })
})
