/** Who is asking. Decided once per request at the gateway; subgraphs receive it signed. */
export type Viewer = AnonymousViewer | ShopperViewer | StaffViewer | PartnerViewer | ServiceViewer

type Base = {
  /** The retailer whose data this is; row scope is injected from here, never from arguments. */
  readonly tenant: string
  /** Stable id of the calling application, for limits, ledgers and logs. */
  readonly clientId: string
  readonly scopes: readonly string[]
  /** When the proof of who it is ends, in milliseconds since 1970; absent: it does not. What streams goes on no longer. */
  readonly expiresAtMs?: number
  /** The API key that proves who it is, by its id; absent: none does. What streams goes on no longer than the key is good. */
  readonly keyId?: string
}

/** A storefront without a signed-in person, known by its public client key at most. */
export type AnonymousViewer = Base & { readonly kind: 'anonymous' }

/** A signed-in customer of the retailer. */
export type ShopperViewer = Base & { readonly kind: 'shopper'; readonly customerId: string }

export type StaffRole = 'service-desk' | 'store-associate' | 'finance' | 'analyst' | 'ops-admin'

/**
 * An employee. `locationIds` are the stores a store associate works in: none means none. `regions` (ISO 3166-1 alpha-2)
 * bound whose orders the other roles see: none means all of the tenant.
 */
export type StaffViewer = Base & {
  readonly kind: 'staff'
  readonly subject: string
  readonly roles: readonly StaffRole[]
  readonly locationIds: readonly string[]
  readonly regions: readonly string[]
}

/** A marketplace, supplier or other company acting for itself; sees its own channels only. */
export type PartnerViewer = Base & {
  readonly kind: 'partner'
  readonly partnerId: string
  readonly channelIds: readonly string[]
}

/** A part of Storeloom or a connector acting for a system of record. */
export type ServiceViewer = Base & { readonly kind: 'service'; readonly system: string }
