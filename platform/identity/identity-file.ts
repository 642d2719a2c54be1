import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { AppError } from '../errors/app-error.ts'
import { parseWith } from '../parse.ts'
import { type TrustedIssuer, tokenAlgorithms } from './token-verifier.ts'
import { viewerKinds } from './viewer-header.ts'

/** Whom this installation trusts. */
export type IdentityFile = {
  readonly issuers: readonly TrustedIssuer[]
  /** Client ids by public key, of storefronts that ask without a signed-in person. */
  readonly publicClients: ReadonlyMap<string, string>
}

const text = z.string().min(1).max(200)
const claims = z.strictObject({
  kind: z.enum(viewerKinds).optional(),
  kindClaim: text.optional(),
  clientId: text.optional(),
  scopes: text.optional(),
  customerId: text.optional(),
  subject: text.optional(),
  roles: text.optional(),
  roleNames: z.record(text, text).optional(),
  locationIds: text.optional(),
  regions: text.optional(),
  partnerId: text.optional(),
  channelIds: text.optional(),
  system: text.optional(),
})
const fileShape = z.strictObject({
  issuers: z
    .array(
      z
        .strictObject({
          issuer: text,
          audience: text,
          algorithms: z.array(z.enum(tokenAlgorithms)).min(1),
          jwksUri: z.url({ protocol: /^https?$/ }).optional(),
          jwksFile: text.optional(),
          claims,
        })
        .refine(({ jwksUri, jwksFile }) => (jwksUri === undefined) !== (jwksFile === undefined), {
          path: ['jwksUri'],
          message: 'exactly one of jwksUri and jwksFile',
        }),
    )
    .max(50)
    .default([]),
  publicClients: z
    .array(z.strictObject({ key: z.string().regex(/^[\w-]{8,100}$/), clientId: text }))
    .max(1_000)
    .default([]),
})

/** @throws AppError `CONFIG_INVALID` naming what is wrong */
export async function readIdentityFile(path: string): Promise<IdentityFile> {
  const { issuers, publicClients } = parseWith(fileShape, await readJson(path), {
    what: 'the identity file',
    code: 'CONFIG_INVALID',
  })
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length) {
    throw new AppError('CONFIG_INVALID', 'Cannot read the identity file: an issuer is there twice')
  }
  return {
    issuers: await Promise.all(
      issuers.map(async ({ issuer, audience, algorithms, jwksUri, jwksFile, claims: mapping }) => ({
        issuer,
        audience,
        algorithms,
        keys:
          jwksUri === undefined
            ? { jwks: await readKeys(resolve(dirname(path), jwksFile ?? '')) }
            : { url: new URL(jwksUri) },
        claims: withoutUndefined(mapping),
      })),
    ),
    publicClients: new Map(publicClients.map(({ key, clientId }) => [key, clientId])),
  }
}

async function readKeys(path: string): Promise<JSONWebKeySet> {
  const value = parseWith(z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }), await readJson(path), {
    what: 'the key set',
    code: 'CONFIG_INVALID',
  })
  return value
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `Cannot read ${path}: it is not a file of JSON`, { cause })
  }
}

/** Optional members are absent, not undefined. */
function withoutUndefined(mapping: z.output<typeof claims>): TrustedIssuer['claims'] {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== undefined))
}
