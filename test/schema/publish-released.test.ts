import { describe, expect, it } from 'vitest'
import { decidePublication } from '../../schema/publish-released.ts'

const released = 'type Query { a(x: Int): Int b: Kind }\nenum Kind { ONE }\ninput In { x: Int }'
const calendar = ['2026-07', '2026-10']
const decide = (working: string, before: string | null = released, version = '2026-10') =>
  decidePublication({ version, calendar, released: before, working })

describe('publishing a version', () => {
  it('is for versions of the calendar', () => {
    expect(decide(released, null, '2031-01')).toEqual({
      kind: 'refused',
      reason: 'the calendar has 2026-07, 2026-10',
      breaking: [],
    })
  })
  it('writes what never was, and leaves alone what is the same', () => {
    expect(decide(released, null)).toEqual({ kind: 'published', sdl: released, additions: [] })
    expect(decide(released)).toEqual({ kind: 'unchanged' })
  })
  it('adds to what is published, and names what comes', () => {
    const more =
      'type Query { a(x: Int, y: Int): Int b: Kind c: C }\nenum Kind { ONE TWO }\ninput In { x: Int y: Int }\ntype C { d: Int }'
    expect(decide(more)).toEqual({
      kind: 'published',
      sdl: more,
      additions: ['Query.a(y:)', 'Query.c', 'Kind.TWO', 'In.y', 'C', 'C.d'],
    })
  })
  it('takes nothing back, and names what would be gone', () => {
    expect(decide('type Query { a: Int b: Kind }\nenum Kind { ONE }')).toMatchObject({
      kind: 'refused',
      breaking: ['In was removed.', 'Query.a arg x was removed.'],
    })
  })
})
