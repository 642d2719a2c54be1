import type { Identify } from '../gateway/identify.ts'
import { createIdentify } from '../gateway/identity/create-identify.ts'
import { addDevelopmentTokens, developmentViewers } from '../gateway/identity/development.ts'
import { ownClaims } from '../gateway/identity/own-claims.ts'
import { addTokenEndpoint } from '../gateway/identity/token-endpoint.ts'
import type { Gateway } from '../gateway/index.ts'
import { systemClock } from '../platform/clock.ts'
import type { Config } from '../platform/config.ts'
import { createApiKeys } from '../platform/identity/api-keys.ts'
import { type IdentityFile, readIdentityFile } from '../platform/identity/identity-file.ts'
import { createKeyChecker } from '../platform/identity/key-checker.ts'
import { identityMigrations } from '../platform/identity/migrations.ts'
import { createSignedViewerCodec } from '../platform/identity/signed-viewer-codec.ts'
import { createTokenIssuer, type TokenIssuer } from '../platform/identity/signing-key.ts'
import { createTokenVerifier, type TrustedIssuer } from '../platform/identity/token-verifier.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { ViewerCodec } from '../platform/identity/viewer-header.ts'
import { migrate } from '../platform/sql/migrate.ts'
import type { ProcessParts } from './process.ts'
import { keepSecret } from './secrets.ts'
import type { Store } from './store.ts'

export type Identity = {
  readonly anonymous: Viewer
  readonly identify: Identify
  /** Whether a viewer is still who they were when they came: the key that proved it was not revoked and has not ended. */
  readonly isStillValid: (viewer: Viewer) => boolean | Promise<boolean>
  /** As whom tokens are had at `/dev/token`; none in production. */
  readonly developmentViewers: readonly string[]
  /** How to sign in, for the line that tells where to begin; empty in production. */
  readonly hint: string
  /** Adds where tokens are had. */
  addRoutes(gateway: Gateway): void
}

const audience = 'storeloom'

/** How a viewer travels between the processes of this installation. */
export async function openViewerCodec(config: Config): Promise<ViewerCodec> {
  return createSignedViewerCodec({ secret: await internalSecret(config), clock: systemClock })
}

/** Who is believed, as the configuration has it. */
export async function openIdentity({ config, log }: ProcessParts, { database }: Store): Promise<Identity> {
  await migrate(database, [identityMigrations()])
  const { tenant } = config.estate
  const isProduction = config.process.environment === 'production'
  const secret = await internalSecret(config)
  const own = await createTokenIssuer({
    secret,
    purpose: 'clients',
    issuer: 'urn:storeloom:clients',
    audience,
    clock: systemClock,
  })
  const development = isProduction
    ? null
    : await createTokenIssuer({
        secret,
        purpose: 'development',
        issuer: 'urn:storeloom:development',
        audience,
        clock: systemClock,
      })
  const file: IdentityFile =
    config.identity.file === ''
      ? { issuers: [], publicClients: new Map() }
      : await readIdentityFile(config.identity.file)
  const anonymous: Viewer = { kind: 'anonymous', tenant, clientId: 'anonymous', scopes: [] }
  const keys = createKeyChecker({
    keys: createApiKeys({ database, tenant, clock: systemClock }),
    clock: systemClock,
    onFailure: (error) => log.warn('API keys cannot be read', { error }),
  })
  const tokens = createTokenVerifier({
    issuers: [...file.issuers, trust(own), ...(development === null ? [] : [trust(development)])],
    tenant,
    clock: systemClock,
  })
  return {
    anonymous,
    hint: development === null ? '' : `; a token: npm run token -- agent (or ${developmentViewers.join(', ')})`,
    developmentViewers: development === null ? [] : developmentViewers,
    identify: createIdentify({ anonymous, tokens, keys, publicClients: file.publicClients }),
    isStillValid: ({ keyId }) => keyId === undefined || keys.isGood(keyId),
    addRoutes(gateway) {
      addTokenEndpoint(gateway.http, { keys, issuer: own })
      if (development === null) return
      addDevelopmentTokens(gateway.http, { issuer: development, tenant, handle: gateway.handle })
    },
  }
}

function internalSecret({ identity, database }: Config): Promise<string> {
  return keepSecret(identity.internalSecret, database.dataDir, 'internal')
}

function trust({ issuer, audience: named, jwks }: TokenIssuer): TrustedIssuer {
  return { issuer, audience: named, algorithms: ['EdDSA'], keys: { jwks }, claims: ownClaims }
}
