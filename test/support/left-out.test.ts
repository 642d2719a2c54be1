import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findLeftOut } from './left-out.ts'

let folder: string
let files: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storeloom-left-out-'))
  await mkdir(join(folder, 'bin'))
  files = ['plain.test.ts', 'cache.test.ts', 'page.test.ts'].map((name) => join(folder, name))
  const [plain = '', cache = '', page = ''] = files
  await writeFile(plain, "import { it } from 'vitest'\n")
  await writeFile(cache, ['import { startRedis } from ', "'../support/", "redis.ts'\n"].join(''))
  await writeFile(page, ['import { startChromium } from ', "'../support/", "chromium.ts'\n"].join(''))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function install(command: string, mode = 0o755): Promise<void> {
  await writeFile(join(folder, 'bin', command), '')
  await chmod(join(folder, 'bin', command), mode)
}
const search = (more: Record<string, string> = {}) => findLeftOut(files, { PATH: join(folder, 'bin'), ...more })

describe('what a machine cannot run', () => {
  it('is left out and named in one line with how to get it', () => {
    expect(search()).toEqual({
      files: files.slice(1),
      notice:
        'Left out: 1 test file for want of redis-server (apt-get install redis-server), 1 test file for want of chromium (apt-get install chromium)',
    })
  })

  it('is only what needs what is missing', async () => {
    await install('google-chrome')
    await install('redis-server', 0o644)
    expect(search().files).toEqual([files[1]])
  })

  it('is nothing when everything is there', async () => {
    await install('chromium')
    await install('redis-server')
    expect(search({ STORELOOM_TEST_REQUIRE: 'all' })).toEqual({ files: [], notice: null })
  })

  it('is a failure where everything is required', () => {
    expect(() => search({ STORELOOM_TEST_REQUIRE: 'all' })).toThrow('1 test file for want of redis-server')
  })
})
