import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'
import { AppError, errorCodes, retryableCodes } from '../../../platform/errors/app-error.ts'
import { httpStatus } from '../../../platform/errors/http-status.ts'

type Documented = { code: string; status: string; retryable: string; meaning: string; advice: string }

function documentedCodes(): Documented[] {
  const text = readFileSync(assetPath('docs/errors.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (yes|no) \| ([^|]+) \| ([^|]+) \|$/gm)]
  return rows.map(([, code = '', status = '', retryable = '', meaning = '', advice = '']) => ({
    code,
    status,
    retryable,
    meaning,
    advice,
  }))
}

describe('docs/errors.md', () => {
  it('lists every code and no other, in the order of the code', () => {
    expect(documentedCodes().map((row) => row.code)).toEqual([...errorCodes])
  })

  it('gives the HTTP status and whether to retry as the code has them', () => {
    expect(documentedCodes().map((row) => [row.code, Number(row.status), row.retryable])).toEqual(
      errorCodes.map((code) => [code, httpStatus[code], retryableCodes.has(code) ? 'yes' : 'no']),
    )
  })

  it('says of each what it means and what to do', () => {
    const thin = documentedCodes().filter((row) => row.meaning.trim().length < 20 || row.advice.trim().length < 12)
    expect(thin).toEqual([])
  })
})

describe('AppError', () => {
  it('is retryable by its code unless the thrower knows better', () => {
    expect(new AppError('UPSTREAM_TIMEOUT', 'late').retryable).toBe(true)
    expect(new AppError('UPSTREAM_TIMEOUT', 'late', { retryable: false }).retryable).toBe(false)
    expect(new AppError('NOT_FOUND', 'none').retryable).toBe(false)
  })

  it('keeps an unknown failure as its cause and says nothing of it', () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7:5432')
    const error = AppError.from(cause)
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'Internal error', cause })
    expect(AppError.from(error)).toBe(error)
  })
})
