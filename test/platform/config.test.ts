import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../platform/assets.ts'
import { readConfig } from '../../platform/config.ts'
import { settingVariables } from '../../platform/config-settings.ts'
import { AppError } from '../../platform/errors/app-error.ts'

function refusal(environment: Record<string, string>): AppError {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('the environment was accepted')
}

describe('config', () => {
  it('has a default for everything', () => {
    const config = readConfig({})
    expect(config.server).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      bodyLimitBytes: 131_072,
      requestDeadlineMs: 10_000,
      subgraphDeadlineMs: 3_000,
    })
    expect(config.database.url).toBeUndefined()
    expect(config.redis.url).toBeUndefined()
    expect(config.estate.name).toBe('demo')
    expect(config.cursor.secret).toBeUndefined()
  })

  it('reads what is given', () => {
    const config = readConfig({
      PORT: '0',
      DATABASE_URL: 'postgres://me:pass@db.internal/retail',
      STORELOOM_DEMO_SCALE: 'full',
      STORELOOM_SUBGRAPH_ORDERS_URL: 'http://127.0.0.1:5001',
      STORELOOM_SOURCE_ERP_URL: 'postgres://erp.internal/erp',
    })
    expect(config.server.port).toBe(0)
    expect(config.database.url).toBe('postgres://me:pass@db.internal/retail')
    expect(config.demo.scale).toBe('full')
    expect(config.subgraphUrls.orders).toBe('http://127.0.0.1:5001')
    expect(config.sources).toEqual({ STORELOOM_SOURCE_ERP_URL: 'postgres://erp.internal/erp' })
  })

  it('reads lists, and refuses one for a single entry that is not allowed', () => {
    const { governance } = readConfig({
      STORELOOM_CORS_ORIGINS: 'https://shop.example, http://localhost:3000',
      STORELOOM_TRUSTED_PROXIES: '10.0.0.0/8,::1',
    })
    expect(governance.corsOrigins).toEqual(['https://shop.example', 'http://localhost:3000'])
    expect(governance.trustedProxies).toEqual(['10.0.0.0/8', '::1'])
    expect(readConfig({}).governance).toMatchObject({ corsOrigins: [], trustedProxies: [] })
    const refused = (name: string, value: string) => refusal({ [name]: value }).message
    expect(refused('STORELOOM_CORS_ORIGINS', 'https://shop.example/path')).toContain('STORELOOM_CORS_ORIGINS is')
    expect(refused('STORELOOM_CORS_ORIGINS', 'shop.example')).toContain('allowed is a list of origins')
    expect(refused('STORELOOM_TRUSTED_PROXIES', '10.0.0.0/33')).toContain('STORELOOM_TRUSTED_PROXIES is')
    expect(refused('STORELOOM_TRUSTED_PROXIES', 'proxy')).toContain('allowed is a list of addresses')
  })

  it('takes an empty value for absent', () => {
    expect(readConfig({ PORT: '', REDIS_URL: ' ' })).toEqual(readConfig({}))
  })

  it('names every wrong variable at once with its value and what is allowed', () => {
    const error = refusal({ PORT: '70000', LOG_LEVEL: 'loud', STORELOOM_POOL_SIZE: '2.5' })
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('PORT is "70000", allowed is a whole number from 0 to 65535')
    expect(error.message).toContain('LOG_LEVEL is "loud", allowed is trace, debug,')
    expect(error.message).toContain('STORELOOM_POOL_SIZE is "2.5", allowed is a whole number from 1 to 500')
  })

  it('refuses a number with anything around it', () => {
    expect(refusal({ PORT: '4000 # comment' }).message).toContain('PORT is')
    expect(refusal({ PORT: '0x10' }).message).toContain('PORT is')
    expect(refusal({ PORT: '1e3' }).message).toContain('PORT is')
  })

  it('never shows a secret', () => {
    const url = refusal({ DATABASE_URL: 'mysql://me:hunter2@db/retail' }).message
    expect(url).toContain('DATABASE_URL is "mysql://***@db/retail", allowed is an address that begins with postgres://')
    const secret = refusal({ STORELOOM_CURSOR_SECRET: 'hunter2' }).message
    expect(secret).toContain('STORELOOM_CURSOR_SECRET is a secret of 7 characters, allowed is a secret of at least 32')
    expect(url + secret).not.toContain('hunter2')
  })

  it('refuses an unknown name and says what was probably meant', () => {
    const error = refusal({ STORELOOM_DEMO_SEEED: '3', STORELOOM_UTTERLY_DIFFERENT_THING: '1' })
    expect(error.message).toContain('STORELOOM_DEMO_SEEED is not a setting, did you mean STORELOOM_DEMO_SEED?')
    expect(error.message).toContain('STORELOOM_UTTERLY_DIFFERENT_THING is not a setting, see .env.example')
  })

  it('refuses settings that contradict each other', () => {
    expect(refusal({ STORELOOM_FRESH_FOR_MS: '60000', STORELOOM_STALE_FOR_MS: '1000' }).message).toContain(
      'STORELOOM_STALE_FOR_MS is 1000, allowed is at least STORELOOM_FRESH_FOR_MS, which is 60000',
    )
    expect(refusal({ STORELOOM_REQUEST_DEADLINE_MS: '1000' }).message).toContain(
      'STORELOOM_SUBGRAPH_DEADLINE_MS is 3000',
    )
  })

  it('is documented in .env.example, every variable with its default and nothing else', () => {
    const example = readFileSync(assetPath('.env.example'), 'utf8')
    const documented = [...example.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value])
    expect(documented).toEqual(settingVariables.map((variable) => [variable.name, variable.defaultText]))
  })

  it('accepts each documented default when it is written out', () => {
    const written = Object.fromEntries(settingVariables.map((variable) => [variable.name, variable.defaultText]))
    expect(readConfig(written)).toEqual(readConfig({}))
  })
})
