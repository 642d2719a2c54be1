import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePlans } from '../../../gateway/plans/plans.ts'
import { openPlansFile } from '../../../gateway/plans/plans-file.ts'
import { assetPath } from '../../../platform/assets.ts'
import { clientOf, governed, startGoverned } from '../../support/governed-gateway.ts'
import { ask } from '../../support/start-gateway.ts'
import { until } from '../../support/until.ts'

const bucket = { maximum: 100, restoreRate: 1 }
const planOf = (maxCost: number) => ({ maxCost, buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket } })
const fileOf = (maxCost: number, more: object = {}) =>
  JSON.stringify({
    plans: { usual: planOf(maxCost), large: planOf(90) },
    kinds: { anonymous: 'usual', shopper: 'usual', staff: 'usual', partner: 'usual', service: 'usual' },
    ...more,
  })

describe('plans', () => {
  it('are by client where one is named, else by what kind of viewer it is', () => {
    const plans = parsePlans(fileOf(10, { clients: { acme: { plan: 'large' }, shop: { persistedOnly: true } } }))
    expect(plans.of(clientOf('acme'))).toMatchObject({ name: 'large', maxCost: 90, persistedOnly: false })
    expect(plans.of(clientOf('shop'))).toMatchObject({ name: 'usual', maxCost: 10, persistedOnly: true })
    expect(plans.of(clientOf('other'))).toMatchObject({ name: 'usual', persistedOnly: false, maxListNodes: 5_000 })
    expect(plans.of(clientOf('__proto__'))).toMatchObject({ name: 'usual' })
  })

  it('that come along are right', async () => {
    const plans = parsePlans(await readFile(assetPath('policies/plans.json'), 'utf8'))
    expect(plans.of(clientOf('none'))).toMatchObject({ name: 'storefront', perAddress: true })
  })

  it('say what is wrong with a file and what is allowed', () => {
    expect(() => parsePlans('{')).toThrow('it is not JSON')
    expect(() => parsePlans(fileOf(-1))).toThrow('plans.usual.maxCost is -1, allowed is at least 1')
    expect(() => parsePlans(fileOf(1, { clients: { a: { plan: 'none' } } }))).toThrow(
      "it names a plan 'none', allowed is usual, large",
    )
    expect(() => parsePlans(fileOf(1, { client: {} }))).toThrow('no field "client"')
  })
})

describe('a plans file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-plans-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is followed while the gateway runs; a wrong one is refused and the old plans go on', async () => {
    const path = join(folder, 'plans.json')
    await writeFile(path, fileOf(50))
    const changes: { kind: string; reason?: string }[] = []
    using plans = await openPlansFile({ path, pollMs: 10, onChange: (change) => changes.push(change) })
    await using started = await startGoverned(governed({ plans }))
    const status = async () => (await ask(started.url, '{ things(first: 40) { id } }')).status
    expect(await status()).toBe(200)

    await writeFile(path, fileOf(30))
    await until('the smaller plan is in use', async () => (await status()) === 400)

    await writeFile(`${path}.next`, fileOf(-5))
    await rename(`${path}.next`, path)
    await until('the wrong file is refused', () => changes.find(({ kind }) => kind === 'refused'))
    expect(changes.at(-1)?.reason).toContain('plans.usual.maxCost is -5')
    expect(await status()).toBe(400)

    await rm(path)
    await until('the missing file is told', () => changes.filter(({ kind }) => kind === 'refused').length >= 2)
    expect(await status()).toBe(400)

    await writeFile(path, fileOf(60))
    await until('the mended file is in use', async () => (await status()) !== 400)
  })

  it('must be there and right at the start', async () => {
    await expect(openPlansFile({ path: join(folder, 'nowhere.json') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})
