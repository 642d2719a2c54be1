import type { Figure } from '../../platform/subgraph/subgraph.ts'
import type { ChannelRow, NetworkIndex } from './network.ts'

/** What was measured at a location; see `figures.ts` for what each counts. */
export type LocationMeasures = {
  readonly locationId: string
  readonly counts: number
  readonly matched: number
  readonly miscounted: number
  readonly understated: number
  readonly incidents: number
}

/** A system counts, or moves, what lies at a location. */
export type Feed = { readonly locationId: string; readonly system: string }

/** Figures by location, told by the channels that sell from there: a location is in the figure of each. */
export function ofChannels(
  channels: readonly ChannelRow[],
  network: Pick<NetworkIndex, 'serving'>,
  measures: readonly LocationMeasures[],
  feeds: readonly Feed[],
  ageSecondsOf: (system: string) => number | null,
): Readonly<Record<string, Figure>> {
  const measured = channels.map(({ id, methods }) => {
    const places = new Set(methods.flatMap((method) => [...(network.serving(id, method) ?? [])]))
    const here = measures.filter(({ locationId }) => places.has(locationId))
    const sum = (name: Exclude<keyof LocationMeasures, 'locationId'>) =>
      here.reduce((total, location) => total + location[name], 0)
    const systems = new Set(feeds.flatMap(({ locationId, system }) => (places.has(locationId) ? [system] : [])))
    const ages = [...systems].flatMap((system) => ageSecondsOf(system) ?? [])
    const counts = sum('counts')
    return {
      channel: id,
      inventory_age_seconds: ages.length === 0 ? null : Math.max(...ages),
      inventory_counts: counts,
      inventory_accuracy_ratio: counts === 0 ? null : sum('matched') / counts,
      inventory_miscounted_units: sum('miscounted'),
      inventory_understated_units: sum('understated'),
      inventory_oversell_incidents: sum('incidents'),
    }
  })
  const figureOf = (name: Exclude<keyof (typeof measured)[number], 'channel'>): Figure =>
    measured.flatMap(({ channel, [name]: value }) => (value === null ? [] : [{ labels: { channel }, value }]))
  return {
    inventory_age_seconds: figureOf('inventory_age_seconds'),
    inventory_counts: figureOf('inventory_counts'),
    inventory_accuracy_ratio: figureOf('inventory_accuracy_ratio'),
    inventory_miscounted_units: figureOf('inventory_miscounted_units'),
    inventory_understated_units: figureOf('inventory_understated_units'),
    inventory_oversell_incidents: figureOf('inventory_oversell_incidents'),
  }
}
