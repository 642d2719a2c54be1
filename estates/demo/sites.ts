import { gs1Number } from './gs1.ts'
import { createRandom, streams } from './random.ts'

export type Site = {
  readonly index: number
  /** The warehouse system's code; also the retailer's. */
  readonly code: string
  /** The ERP's own number of the same place. */
  readonly erpNumber: string
  readonly name: string
  readonly kind: 'DC' | 'STORE'
  readonly gln: string
  readonly timeZone: string
  readonly street: string
  readonly city: string
  readonly postalCode: string
  readonly country: string
  readonly ships: boolean
  readonly pickup: boolean
  readonly sameDay: boolean
  readonly openedOn: number
  /** Sorted variant indexes; a centre carries all. */
  readonly assortment: readonly number[]
  carries(variantIndex: number): boolean
}

export type City = { readonly name: string; readonly postalCode: string; readonly country: string }

export const cities: readonly [City, ...City[]] = [
  { name: 'Berlin', postalCode: '10115', country: 'DE' },
  { name: 'Hamburg', postalCode: '20095', country: 'DE' },
  { name: 'München', postalCode: '80331', country: 'DE' },
  { name: 'Köln', postalCode: '50667', country: 'DE' },
  { name: 'Frankfurt am Main', postalCode: '60311', country: 'DE' },
  { name: 'Stuttgart', postalCode: '70173', country: 'DE' },
  { name: 'Leipzig', postalCode: '04109', country: 'DE' },
  { name: 'Dresden', postalCode: '01067', country: 'DE' },
  { name: 'Nürnberg', postalCode: '90402', country: 'DE' },
  { name: 'Bremen', postalCode: '28195', country: 'DE' },
  { name: 'Hannover', postalCode: '30159', country: 'DE' },
  { name: 'Freiburg', postalCode: '79098', country: 'DE' },
  { name: 'Wien', postalCode: '1010', country: 'AT' },
  { name: 'Graz', postalCode: '8010', country: 'AT' },
  { name: 'Salzburg', postalCode: '5020', country: 'AT' },
  { name: 'Amsterdam', postalCode: '1012', country: 'NL' },
  { name: 'Utrecht', postalCode: '3511', country: 'NL' },
  { name: 'Rotterdam', postalCode: '3011', country: 'NL' },
  { name: 'Paris', postalCode: '75001', country: 'FR' },
  { name: 'Lyon', postalCode: '69001', country: 'FR' },
  { name: 'Strasbourg', postalCode: '67000', country: 'FR' },
]

export const streets = [
  'Hauptstraße',
  'Marktplatz',
  'Bahnhofstraße',
  'Lindenallee',
  'Ringweg',
  'Kaiserstraße',
  'Am Hafen',
  'Gartenweg',
] as const

const timeZones: Readonly<Record<string, string>> = {
  DE: 'Europe/Berlin',
  AT: 'Europe/Vienna',
  NL: 'Europe/Amsterdam',
  FR: 'Europe/Paris',
}

export const centreCount = 2

/** The centres come first. Every store carries the best sellers and a choice of its own. */
export function createSites(seed: number, stores: number, variants: number, variantsPerStore: number): readonly Site[] {
  return Array.from({ length: centreCount + stores }, (_, index) => {
    const random = createRandom(seed, streams.site, index)
    const isCentre = index < centreCount
    const number = isCentre ? index + 1 : index - centreCount + 1
    const city = cities[(isCentre ? index * 5 : number - 1) % cities.length] ?? cities[0]
    const code = isCentre ? `DC${String(number).padStart(2, '0')}` : `ST${String(number).padStart(3, '0')}`
    const carried = new Uint8Array(variants)
    const best = isCentre ? variants : Math.min(variants, Math.ceil(variantsPerStore * 0.4))
    carried.fill(1, 0, best)
    const wanted = isCentre ? variants : Math.min(variants, variantsPerStore)
    for (let held = best; held < wanted; ) {
      const at = random.int(best, variants - 1)
      if (carried[at] === 1) continue
      carried[at] = 1
      held += 1
    }
    const assortment: number[] = []
    carried.forEach((flag, variant) => {
      if (flag === 1) assortment.push(variant)
    })
    return {
      index,
      code,
      erpNumber: String((isCentre ? 9000 : 1000) + number),
      name: isCentre ? `Distribution centre ${city.name}` : `${city.name} ${random.pick(streets)}`,
      kind: isCentre ? 'DC' : 'STORE',
      gln: gs1Number(900_000 + index),
      timeZone: timeZones[city.country] ?? 'Europe/Berlin',
      street: `${random.pick(streets)} ${random.int(1, 120)}`,
      city: city.name,
      postalCode: city.postalCode,
      country: city.country,
      ships: isCentre || random.chance(0.75),
      pickup: !isCentre,
      sameDay: !isCentre && random.chance(0.3),
      openedOn: random.int(2004, 2023) * 10_000 + random.int(1, 12) * 100 + random.int(1, 28),
      assortment,
      carries: (variant) => carried[variant] === 1,
    }
  })
}
