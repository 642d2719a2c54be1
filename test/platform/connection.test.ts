import { describe, expect, it } from 'vitest'
import { parseConnectionArguments, toConnection } from '../../platform/connection.ts'

describe('parseConnectionArguments', () => {
  it('reads forward by default', () => {
    expect(parseConnectionArguments({})).toEqual({ direction: 'forward', size: 25, cursor: null })
    expect(parseConnectionArguments({ first: 100, after: 'c' })).toEqual({
      direction: 'forward',
      size: 100,
      cursor: 'c',
    })
    expect(parseConnectionArguments({ first: null, after: 'c' })).toEqual({
      direction: 'forward',
      size: 25,
      cursor: 'c',
    })
  })

  it('reads backward with last or before', () => {
    expect(parseConnectionArguments({ last: 2 })).toEqual({ direction: 'backward', size: 2, cursor: null })
    expect(parseConnectionArguments({ before: 'c' })).toEqual({ direction: 'backward', size: 25, cursor: 'c' })
  })

  it('refuses sizes out of range and says what is allowed', () => {
    expect(() => parseConnectionArguments({ first: -1 })).toThrow('Cannot page: first is -1, allowed is 1 to 100')
    expect(() => parseConnectionArguments({ first: 0 })).toThrow('first is 0')
    expect(() => parseConnectionArguments({ last: 101 })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    expect(() => parseConnectionArguments({ first: 11 }, { defaultSize: 5, maxSize: 10 })).toThrow('allowed is 1 to 10')
  })

  it('refuses arguments that contradict each other', () => {
    expect(() => parseConnectionArguments({ first: 1, last: 1 })).toThrow('first and last are both given')
    expect(() => parseConnectionArguments({ after: 'a', before: 'b' })).toThrow('after and before are both given')
    expect(() => parseConnectionArguments({ last: 1, after: 'a' })).toThrow('after is given with last')
    expect(() => parseConnectionArguments({ first: 1, before: 'b' })).toThrow('before is given with first')
  })
})

describe('toConnection', () => {
  it('keeps the extra row back and says that there is more', () => {
    const connection = toConnection(
      ['a', 'b', 'c'],
      { direction: 'forward', size: 2, cursor: null },
      (row) => `#${row}`,
    )
    expect(connection.edges).toEqual([
      { cursor: '#a', node: 'a' },
      { cursor: '#b', node: 'b' },
    ])
    expect(connection.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: '#a',
      endCursor: '#b',
    })
  })

  it('turns a backward page into list order', () => {
    const connection = toConnection(
      ['d', 'c', 'b'],
      { direction: 'backward', size: 2, cursor: '#e' },
      (row) => `#${row}`,
    )
    expect(connection.edges.map((edge) => edge.node)).toEqual(['c', 'd'])
    expect(connection.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  })

  it('says that there is no more when the page is just full', () => {
    const connection = toConnection(['a', 'b'], { direction: 'forward', size: 2, cursor: null }, String)
    expect(connection.edges).toHaveLength(2)
    expect(connection.pageInfo.hasNextPage).toBe(false)
  })

  it('has no cursors when it is empty', () => {
    expect(toConnection([], { direction: 'forward', size: 2, cursor: null }, String).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    })
  })
})
