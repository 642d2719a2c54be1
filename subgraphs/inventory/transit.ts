import { localDate, toInstant } from './calendar.ts'
import type { Method } from './network.ts'

/** How long carriers take from a location to a place. */
export type TransitTime = {
  readonly id: string
  /** From where, by which method, and to where; null: any. */
  readonly locationId: string | null
  readonly method: Method | null
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  /** What a postal code begins with. */
  readonly postalPrefix: string | null
  /** Business days, Monday to Friday; 0: the day it leaves. */
  readonly days: number
  /** Dates at the location, `YYYY-MM-DD`, on which carriers do not work. */
  readonly closedOn: readonly string[]
}

export type Destination = { readonly country: string; readonly postalCode?: string | null | undefined }

/** The transit time nearest to a question: by postal code, then country, location and method. @returns null: nobody said */
export function transitTimeOf(
  times: readonly TransitTime[],
  from: { readonly locationId: string; readonly method: Method },
  { country, postalCode }: Destination,
): TransitTime | null {
  const code = (postalCode ?? '').toUpperCase()
  let best: TransitTime | null = null
  let bestRank = -1
  for (const time of times) {
    if (time.locationId !== null && time.locationId !== from.locationId) continue
    if (time.method !== null && time.method !== from.method) continue
    if (time.country !== null && time.country !== country) continue
    if (time.postalPrefix !== null && !code.startsWith(time.postalPrefix.toUpperCase())) continue
    const rank =
      (time.postalPrefix === null ? 0 : 8 * (1 + time.postalPrefix.length)) +
      (time.country === null ? 0 : 4) +
      (time.locationId === null ? 0 : 2) +
      (time.method === null ? 0 : 1)
    if (rank > bestRank || (rank === bestRank && best !== null && time.id < best.id)) {
      best = time
      bestRank = rank
    }
  }
  return best
}

/**
 * The end of the day on which what leaves at `shipByMs` is there, by the clock of where it leaves.
 * @returns null when carriers work on too few of the days ahead
 */
export function deliverByMs(timeZone: string, shipByMs: number, { days, closedOn }: TransitTime): number | null {
  const left = localDate(timeZone, shipByMs)
  let worked = 0
  for (let ahead = 0; ahead < daysLookedAhead; ahead += 1) {
    const at = new Date(Date.parse(`${left}T12:00:00Z`) + ahead * dayMs)
    const date = at.toISOString().slice(0, 10)
    const works = at.getUTCDay() % 6 !== 0 && !closedOn.includes(date)
    if (ahead > 0 && works) worked += 1
    if (works && worked >= days) return toInstant(timeZone, date, '24:00')
  }
  return null
}

const dayMs = 86_400_000
const daysLookedAhead = 120
