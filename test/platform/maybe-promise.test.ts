import { describe, expect, it } from 'vitest'
import { allReady, isPromise, whenReady } from '../../platform/maybe-promise.ts'

describe('maybe promise', () => {
  it('goes on at once with what is there', () => {
    expect(whenReady(2, (value) => value + 1)).toBe(3)
    expect(allReady([1, null, undefined])).toEqual([1, null, undefined])
  })

  it('waits for what is not', async () => {
    const late = whenReady(Promise.resolve(2), (value) => value + 1)
    expect(isPromise(late)).toBe(true)
    expect(await late).toBe(3)
    expect(await allReady([1, Promise.resolve(2)])).toEqual([1, 2])
    await expect(whenReady(Promise.reject(new Error('no')), () => 1)).rejects.toThrow('no')
  })
})
