import type { EventData } from './events.ts'

// Rows hold JSON values only, so that they live in any cache tier: times are RFC 3339 text.

export type Origin = { readonly system: string; readonly occurredAt: string | null; readonly receivedAt: string }

export type LocationRow = Origin &
  Readonly<Omit<EventData<'retail.inventory.location-changed.v1'>, 'locationId' | 'origin'>> & { readonly id: string }

export type ChannelRow = Readonly<
  Omit<EventData<'retail.inventory.channel-changed.v1'>, 'channelId' | 'origin' | 'name' | 'kind' | 'region'>
> & { readonly id: string }

export type Method = ChannelRow['methods'][number]

/** Every channel and location: a retailer has hundreds of these, so they are read and cached as one value. */
export type Network = { readonly channels: readonly ChannelRow[]; readonly locations: readonly LocationRow[] }

/** Answers about one network, derived once for as long as the network stays the same. */
export type NetworkIndex = {
  readonly locations: ReadonlyMap<string, LocationRow>
  readonly locationsByCode: ReadonlyMap<string, LocationRow>
  /** By code. */
  readonly sorted: readonly LocationRow[]
  channel(channelId: string): ChannelRow | null
  /** Ids of the locations that serve a channel by a method; null for an unknown channel. */
  serving(channelId: string, method: Method): ReadonlySet<string> | null
}

const indexes = new WeakMap<Network, NetworkIndex>()

export function indexNetwork(network: Network): NetworkIndex {
  const known = indexes.get(network)
  if (known !== undefined) return known
  const channels = new Map(network.channels.map((channel) => [channel.id, channel]))
  const sorted = network.locations.toSorted((a, b) =>
    a.code < b.code ? -1 : a.code > b.code ? 1 : a.id < b.id ? -1 : 1,
  )
  const sets = new Map<string, ReadonlySet<string>>()
  const index: NetworkIndex = {
    locations: new Map(sorted.map((location) => [location.id, location])),
    locationsByCode: new Map(sorted.map((location) => [location.code, location])),
    sorted,
    channel: (channelId) => channels.get(channelId) ?? null,
    serving(channelId, method) {
      const channel = channels.get(channelId)
      if (channel === undefined) return null
      const key = `${method} ${channelId}`
      const set =
        sets.get(key) ??
        new Set(sorted.filter((location) => serves(location, channel, method)).map((location) => location.id))
      sets.set(key, set)
      return set
    },
  }
  indexes.set(network, index)
  return index
}

/** Whether a location may send or hand over what a channel sells by a method: active, in its network, and able to. */
export function serves(location: LocationRow, channel: ChannelRow, method: Method): boolean {
  return (
    location.active &&
    channel.methods.includes(method) &&
    location.capabilities.includes(method) &&
    (channel.locationKinds?.includes(location.kind) ?? true) &&
    (channel.locationCodes?.includes(location.code) ?? true)
  )
}
