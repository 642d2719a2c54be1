import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResultData } from '../../gateway/result-data.ts'
import { resultText } from '../../gateway/result-text.ts'

const data = fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue()))

describe('text of an answer', () => {
  it('is the same JSON whether its data came as text or as objects, whoever writes it', () => {
    fc.assert(
      fc.property(data, fc.boolean(), fc.boolean(), (value, hasErrors, hasExtensions) => {
        const rest = {
          ...(hasErrors ? { errors: [{ message: 'no' }] } : {}),
          ...(hasExtensions ? { extensions: { cost: { actual: 3 } } } : {}),
        }
        const plain = JSON.stringify({
          ...(hasErrors ? { errors: rest.errors } : {}),
          data: value,
          ...(hasExtensions ? { extensions: rest.extensions } : {}),
        })
        for (const made of [ResultData.of(value), ResultData.ofText(JSON.stringify(value))]) {
          expect(resultText({ data: made, ...rest })).toBe(plain)
          // As JSON: it has one zero where JavaScript has two.
          expect(JSON.stringify(made.value)).toBe(JSON.stringify(value))
          expect(JSON.stringify(made)).toBe(JSON.stringify(value))
        }
      }),
    )
  })

  it('has no data where nothing was executed', () => {
    expect(resultText({ errors: [{ message: 'no' }] })).toBe('{"errors":[{"message":"no"}]}')
    expect(resultText({ errors: [{ message: 'no' }], extensions: { a: 1 } })).toBe(
      '{"errors":[{"message":"no"}],"extensions":{"a":1}}',
    )
    expect(resultText({})).toBe('{}')
  })
})
