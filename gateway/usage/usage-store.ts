/** How often a client used one element of one version of the schema. */
export type UsageEntry = {
  readonly tenant: string
  readonly clientId: string
  readonly version: string
  /** Schema coordinate, e.g. `Availability.asOf`. */
  readonly coordinate: string
  readonly uses: number
  readonly lastSeenAt: Date
}

export type UsageFilter = {
  readonly tenant?: string
  readonly clientId?: string
  readonly coordinates?: readonly string[]
}

/** The ledger: client × version × coordinate × last seen. */
export type UsageStore = {
  /** Adds to what is known; `lastSeenAt` only ever moves forward. */
  add(entries: readonly UsageEntry[]): Promise<void>
  /** @returns at most 10,000, by client, version and coordinate */
  read(filter: UsageFilter): Promise<readonly UsageEntry[]>
}
