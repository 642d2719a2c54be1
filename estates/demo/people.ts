import { createRandom, type Random, streams } from './random.ts'
import { type City, cities, streets } from './sites.ts'

/** A person as the CRM keeps her. */
export type Person = {
  readonly rowId: string
  readonly first: string
  readonly last: string
  readonly company: string | null
  readonly email: string
  readonly emailVerified: boolean
  readonly phone: string
  readonly phoneVerified: boolean
  readonly loyaltyNumber: string | null
  readonly tier: string
  readonly points: number
  readonly accountNumber: string | null
  readonly street: string
  readonly city: City
  readonly createdDaysAgo: number
}

/** The same or another person as the web shop keeps him. */
export type Account = {
  readonly number: string
  readonly name: string
  readonly email: string
  readonly emailConfirmed: boolean
  readonly phone: string | null
  readonly loyaltyNumber: string | null
  readonly street: string
  readonly city: City
  readonly createdDaysAgo: number
}

const firstNames = [
  'Anna',
  'Bernd',
  'Clara',
  'Daan',
  'Émilie',
  'Franz',
  'Greta',
  'Hanna',
  'Ingrid',
  'Jörg',
  'Karin',
  'Lars',
  'Marie',
  'Nils',
  'Oskar',
  'Paula',
  'Renée',
  'Sofie',
  'Thijs',
  'Ute',
  'Viktor',
  'Wanda',
  'Yusuf',
  'Zoë',
] as const
const lastNames = [
  'Müller',
  'Schmidt',
  'Weber',
  'Köhler',
  'Jansen',
  'de Vries',
  'Dubois',
  'Lefèvre',
  'Huber',
  'Gruber',
  'Bauer',
  'Vogel',
  'Schäfer',
  'Krüger',
  'Bakker',
  'Moreau',
  'Yılmaz',
  'Nowak',
  'Berger',
  'Roth',
] as const
const companies = ['Alpenverein', 'Café Morgenrot', 'Kletterhalle', 'Stadtwerke', 'Hotel Seeblick'] as const
const mailHosts = ['example.com', 'example.org', 'example.net'] as const
const callingCodes: Readonly<Record<string, string>> = { DE: '49151', AT: '43664', NL: '316', FR: '336' }

/** Six of ten customers shop on the web too. */
export function accountCount(customers: number): number {
  return Math.max(1, Math.floor(customers * 0.6))
}

/** Of the accounts, so many belong to somebody the CRM knows; the rest never showed a card. */
function knownAccountCount(customers: number): number {
  return Math.floor(accountCount(customers) * 0.85)
}

export function personAt(seed: number, customers: number, index: number): Person {
  if (index === 0) return ada
  const random = createRandom(seed, streams.person, index)
  const first = random.pick(firstNames)
  const last = random.pick(lastNames)
  const city = random.pick(cities)
  const bond = bondOf(customers, index)
  const isMember = bond === 'loyalty' || random.chance(0.7)
  return {
    rowId: `1-${(46_656 + index * 7).toString(36).toUpperCase()}`,
    first,
    last,
    company: random.chance(0.03) ? `${random.pick(companies)} ${city.name}` : null,
    email: `${plain(first)}.${plain(last)}${index}@${random.pick(mailHosts)}`,
    emailVerified: bond === 'email' || random.chance(0.6),
    phone: spellPhone(random, phoneOf(city, index)),
    phoneVerified: random.chance(0.4),
    loyaltyNumber: isMember ? `L-${2_000_000 + index}` : null,
    tier: random.pick(['BASIC', 'BASIC', 'BASIC', 'SILVER', 'GOLD']),
    points: random.int(0, 9_000),
    accountNumber: bond === 'account' ? accountNumber(index) : null,
    street: `${random.pick(streets)} ${random.int(1, 99)}`,
    city,
    createdDaysAgo: random.int(91, 3_000),
  }
}

/** Account n belongs to person n as far as the CRM knows him; both spell him their own way. */
export function accountAt(seed: number, customers: number, index: number): Account {
  if (index === 0) return adaOnTheWeb
  const random = createRandom(seed, streams.account, index)
  const isKnown = index < knownAccountCount(customers)
  const person = personAt(seed, customers, index)
  const bond = isKnown ? bondOf(customers, index) : 'none'
  const city = isKnown ? person.city : random.pick(cities)
  const first = isKnown ? person.first : random.pick(firstNames)
  const last = isKnown ? person.last : random.pick(lastNames)
  const keepsEmail = bond === 'email' || (isKnown && random.chance(0.3))
  const email = keepsEmail ? person.email : `${plain(last)}.${plain(first)}.w${index}@${random.pick(mailHosts)}`
  return {
    number: accountNumber(index),
    name: spellName(random, first, last),
    email: spellEmail(random, email),
    emailConfirmed: bond === 'email' || random.chance(0.8),
    phone: random.chance(0.7)
      ? spellPhone(random, isKnown ? phoneOf(city, index) : phoneOf(city, index + 500_000))
      : null,
    loyaltyNumber: bond === 'loyalty' ? person.loyaltyNumber : null,
    street: `${random.pick(streets)} ${random.int(1, 99)}`,
    city,
    createdDaysAgo: random.int(91, 2_000),
  }
}

/** What ties a CRM contact to a web account: a confirmed address, the card number typed in, the account number noted. */
function bondOf(customers: number, index: number): 'email' | 'loyalty' | 'account' | 'none' {
  if (index >= knownAccountCount(customers)) return 'none'
  const turn = index % 10
  if (turn < 6) return 'email'
  return turn < 9 ? 'loyalty' : 'account'
}

function accountNumber(index: number): string {
  return `W-${2_000_000 + index}`
}

/** Digits in international form without a plus; one number to one person. */
function phoneOf(city: City, index: number): string {
  return `${callingCodes[city.country] ?? '49151'}${String(20_000_000 + index)}`
}

function spellPhone(random: Random, digits: string): string {
  const country = digits.slice(0, 2)
  const rest = digits.slice(2)
  const spellings = [
    `+${digits}`,
    `+${country} ${rest}`,
    `00${country} ${rest.slice(0, 3)} ${rest.slice(3)}`,
    `+${country} (0)${rest.slice(0, 3)}-${rest.slice(3)}`,
  ] as const
  return random.pick(spellings)
}

function spellName(random: Random, first: string, last: string): string {
  return random.pick([
    `${first} ${last}`,
    `${first} ${last}`,
    `${last.toUpperCase()}, ${first}`,
    `${first[0]}. ${last}`,
    `${plain(first)} ${plain(last)}`,
  ])
}

function spellEmail(random: Random, email: string): string {
  const [local = '', host = ''] = email.split('@')
  return random.pick([
    email,
    email,
    `${local.replace(/(^|\.)./g, (start) => start.toUpperCase())}@${host}`,
    `${local}@${host.toUpperCase()}`,
  ])
}

export function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/ä/g, 'ae')
    .replace(/ö/g, 'oe')
    .replace(/ü/g, 'ue')
    .replace(/ß/g, 'ss')
    .replace(/ı/g, 'i')
    .normalize('NFD')
    .replace(/[^a-z]/g, '')
}

const stockholm: City = { name: 'Stockholm', postalCode: '111 29', country: 'SE' }

/** The same at every scale and seed: the README's examples name her. */
const ada: Person = {
  rowId: '1-ADA1',
  first: 'Ada',
  last: 'Lind',
  company: null,
  email: 'Ada.Lind@Example.com',
  emailVerified: true,
  phone: '+46 (0)70-123 45 67',
  phoneVerified: true,
  loyaltyNumber: 'L-1000001',
  tier: 'GOLD',
  points: 4_210,
  accountNumber: null,
  street: 'Österlånggatan 14',
  city: stockholm,
  createdDaysAgo: 1_400,
}

const adaOnTheWeb: Account = {
  number: 'W-1000001',
  name: 'A. Lind',
  email: 'ada.lind@example.com',
  emailConfirmed: true,
  phone: '0046701234567',
  loyaltyNumber: null,
  street: 'Osterlanggatan 14',
  city: stockholm,
  createdDaysAgo: 800,
}
