import { describe, expect, it } from 'vitest'
import { AppError } from '../../../platform/errors/app-error.ts'
import { isCorrelationId, withCorrelation } from '../../../platform/telemetry/correlation.ts'
import { createLog, type LogLevel } from '../../../platform/telemetry/log.ts'

function openLog(level: LogLevel = 'info', format: 'json' | 'text' = 'json') {
  const lines: string[] = []
  return { log: createLog({ level, format, write: (line) => lines.push(line) }), lines }
}

describe('log', () => {
  it('writes one JSON object per line', () => {
    const { log, lines } = openLog()
    log.info('gateway ready', { port: 4000 })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\}\n$/)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      message: 'gateway ready',
      port: 4000,
    })
  })

  it('carries the correlation id of the work that a line belongs to', async () => {
    const { log, lines } = openLog()
    const handle = async (id: string) =>
      withCorrelation(id, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        log.child({ part: 'orders' }).warn('slow', { id })
      })
    await Promise.all([handle('request-1'), handle('request-2')])
    log.warn('outside')
    const read = lines.map((line) => JSON.parse(line))
    expect(read.slice(0, 2).map((line) => line.correlationId === line.id && line.part === 'orders')).toEqual([
      true,
      true,
    ])
    expect(read[2]).not.toHaveProperty('correlationId')
  })

  it('writes nothing below its level', () => {
    const { log, lines } = openLog('warn')
    log.info('quiet')
    log.warn('loud')
    expect(lines).toHaveLength(1)
  })

  it('hides secrets and personal data wherever they are', () => {
    const { log, lines } = openLog()
    const cause = new Error('connect to postgres://me:hunter2@db.internal failed for ann@shop.example')
    log.error('cannot sync', {
      error: new AppError('UPSTREAM_UNAVAILABLE', 'Cannot sync erp', { cause }),
      headers: { authorization: 'Bearer hunter2hunter2', accept: 'text/html' },
      customer: { email: 'ann@shop.example', deep: { phone: '+4912345678' } },
      note: 'Authorization: Bearer hunter2hunter2',
    })
    const line = lines.join('')
    expect(line).not.toMatch(/hunter2|ann@shop|4912345678/)
    expect(JSON.parse(line)).toMatchObject({
      error: { code: 'UPSTREAM_UNAVAILABLE', cause: { message: expect.stringContaining('[redacted]@db.internal') } },
      headers: { authorization: '[redacted]', accept: 'text/html' },
    })
  })

  it('survives whatever it is given', () => {
    const { log, lines } = openLog()
    const circle: Record<string, unknown> = { big: 2n ** 80n, bytes: new Uint8Array(3), never: undefined, call() {} }
    circle.self = circle
    log.info('odd', { circle, list: Array(10_000).fill('x'), when: new Date(Number.NaN) })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      circle: { big: '1208925819614629174706176', bytes: '[3 bytes]', self: { big: '1208925819614629174706176' } },
      when: 'Invalid Date',
    })
    expect(lines[0]?.length).toBeLessThan(4_000)
  })

  it('writes text for people when asked', () => {
    const { log, lines } = openLog('info', 'text')
    log.info('gateway ready', { port: 4000 })
    log.error('broken', { error: new Error('no') })
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}gateway ready \{"port":4000\}\n$/)
    expect(lines[1]).toMatch(/ERROR broken\n {2}Error: no\n {6}at /)
  })
})

describe('isCorrelationId', () => {
  it('takes over only what is safe to log', () => {
    expect(isCorrelationId('01K9Z6T1B2C3D4E5F6G7H8J9KA')).toBe(true)
    expect(['short', 'with space in it', 'line\nbreak-in-it', 'x'.repeat(101), 7, null].map(isCorrelationId)).toEqual(
      Array(6).fill(false),
    )
  })
})
