import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../platform/errors/app-error.ts'
import { parseWith } from '../../platform/parse.ts'
import { isSensitiveName } from '../../platform/sensitive-names.ts'

const order = z.strictObject({
  number: z.string().min(1),
  state: z.enum(['open', 'closed']),
  customer: z.object({ email: z.string().max(20) }).optional(),
  lines: z.array(z.object({ quantity: z.int().min(1) })).max(3),
})
const good = { number: 'A1', state: 'open', lines: [{ quantity: 2 }] }

function refusal(value: unknown): AppError {
  try {
    parseWith(order, value, { what: 'order document', code: 'SOURCE_DATA_INVALID' })
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('the value was accepted')
}

describe('parseWith', () => {
  it('returns the parsed value', () => {
    expect(parseWith(order, good, { what: 'order document' })).toEqual(good)
  })

  it('names the field, its value and what is allowed', () => {
    const error = refusal({ ...good, state: 'lost', lines: [{ quantity: 1 }, { quantity: -3 }] })
    expect(error.code).toBe('SOURCE_DATA_INVALID')
    expect(error.message).toBe(
      'Cannot read order document: state is "lost", allowed is "open", "closed"; lines.1.quantity is -3, allowed is at least 1',
    )
    expect(error.details).toMatchObject({ fields: [{ field: 'state' }, { field: 'lines.1.quantity' }] })
  })

  it('tells a missing field from a wrong one', () => {
    expect(refusal({ ...good, number: undefined }).message).toContain('number is missing, allowed is a string')
    expect(refusal({ ...good, lines: 'x' }).message).toContain('lines is "x", allowed is an array')
    expect(refusal([]).message).toContain('the value is a list of 0, allowed is an object')
  })

  it('shows no personal data', () => {
    const { message } = refusal({ ...good, customer: { email: 'someone.with.a.long@address.example' } })
    expect(message).toContain('customer.email is a value not shown, allowed is a length of at most 20')
    expect(message).not.toContain('someone')
  })

  it('shortens values and lists', () => {
    expect(refusal({ ...good, state: 'x'.repeat(10_000) }).message.length).toBeLessThan(200)
    const words = () => parseWith(z.array(z.int()), Array(50_000).fill('x'), { what: 'counts' })
    expect(words).toThrow(/^Cannot read counts: 0 is "x", allowed is a (whole )?number; .*; and 49995 more$/)
  })

  it('names a field that should not be there', () => {
    expect(refusal({ ...good, extra: 1 }).message).toContain('the value is an object, allowed is no field "extra"')
  })

  it('does not read inherited members of the input', () => {
    expect(refusal({ ...good, state: {} }).message).toContain('state is an object')
  })
})

describe('isSensitiveName', () => {
  it('knows names however they are written', () => {
    expect(
      ['E_MAIL', 'email', 'Phone-Number', 'apiKey', 'X-Api-Key', 'accessToken', 'pan'].filter(isSensitiveName),
    ).toEqual(['E_MAIL', 'email', 'Phone-Number', 'apiKey', 'X-Api-Key', 'accessToken', 'pan'])
  })

  it('leaves ordinary retail names alone', () => {
    expect(['company', 'quantity', 'sku', 'panel', 'state', 'number'].filter(isSensitiveName)).toEqual([])
  })
})
