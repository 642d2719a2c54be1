import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readIdentityFile } from '../../../platform/identity/identity-file.ts'

describe('the identity file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-identity-'))
    await writeFile(
      join(folder, 'keys.json'),
      JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'k' }] }),
    )
  })
  afterAll(() => rm(folder, { recursive: true }))

  const issuer = {
    issuer: 'https://id.example',
    audience: 'storeloom',
    algorithms: ['ES256'],
    claims: { kind: 'shopper' },
  }
  const read = async (content: unknown) => {
    const path = join(folder, 'identity.json')
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return readIdentityFile(path)
  }

  it('names issuers by address or by file, and public clients', async () => {
    const file = await read({
      issuers: [
        { ...issuer, jwksUri: 'https://id.example/keys' },
        { ...issuer, issuer: 'https://other.example', jwksFile: 'keys.json' },
      ],
      publicClients: [{ key: 'pk_storefront', clientId: 'web' }],
    })
    expect(file.issuers[0]).toEqual({ ...issuer, keys: { url: new URL('https://id.example/keys') } })
    expect(file.issuers[1]?.keys).toMatchObject({ jwks: { keys: [{ kid: 'k' }] } })
    expect([...file.publicClients]).toEqual([['pk_storefront', 'web']])
  })
  it('is refused with what is wrong', async () => {
    const jwksUri = 'https://id.example/keys'
    await expect(read('{')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(read({ issuers: [{ ...issuer, jwksUri, algorithms: ['HS256'] }] })).rejects.toThrow(
      'issuers.0.algorithms',
    )
    await expect(read({ issuers: [{ ...issuer, jwksUri, algorithms: ['none'] }] })).rejects.toThrow(
      'issuers.0.algorithms',
    )
    await expect(read({ issuers: [issuer] })).rejects.toThrow('jwksUri')
    await expect(
      read({
        issuers: [
          { ...issuer, jwksUri },
          { ...issuer, jwksUri },
        ],
      }),
    ).rejects.toThrow('an issuer is there twice')
    await expect(read({ issuer: [] })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
