import { expect, it } from 'vitest'
import { runFlashSale } from '../../../../bench/flash-sale.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

it.each([1, 2])(
  'a flash sale, one of its %i processes killed in the middle, sells every unit once, and none twice',
  {
    timeout: 180_000,
  },
  async (sellers) => {
    await using test = await openTestDatabase()
    const report = await runFlashSale({ url: test.url, units: 60, buyers: 400, seconds: 4, sellers, kill: true })
    expect(report).toMatchObject({ sold: 60, confirmed: 60, short: 340, held: 0, lost: 0, drift: 0 })
  },
)
