import { domainToASCII } from 'node:url'

export const identifierKinds = ['EMAIL', 'PHONE', 'LOYALTY_ID', 'ACCOUNT_ID'] as const
export type IdentifierKind = (typeof identifierKinds)[number]

/**
 * UNIQUE: one customer has it, by whoever issues it. STRONG: proved to be the customer's. WEAK: claimed only, so it
 * finds a customer but never links two.
 */
export type IdentifierStrength = 'UNIQUE' | 'STRONG' | 'WEAK'

export type Identifier = {
  readonly kind: IdentifierKind
  /** Where the value is unique; the empty text is everywhere. */
  readonly namespace: string
  /** Normalised. */
  readonly value: string
  readonly verified: boolean
  readonly strength: IdentifierStrength
}

/** Trimmed, lower case, the domain in ASCII; dots and plus signs stay, since they tell mailboxes apart. null: no e-mail. */
export function toEmail(text: string): string | null {
  const match = /^([^\s@]+)@([^\s@]+)$/.exec(text.trim().normalize('NFC').toLowerCase())
  const [, local = '', domain = ''] = match ?? []
  const ascii = domainToASCII(domain)
  return local !== '' && ascii.includes('.') && !ascii.startsWith('.') && !ascii.endsWith('.')
    ? `${local}@${ascii}`
    : null
}

/** Calling codes by ISO 3166-1 alpha-2, with the trunk prefix that is dialled at home only. */
const callingCodes: Readonly<Record<string, readonly [code: string, trunk: string]>> = {
  AR: ['54', '0'],
  AT: ['43', '0'],
  AU: ['61', '0'],
  BE: ['32', '0'],
  BR: ['55', '0'],
  CA: ['1', '1'],
  CH: ['41', '0'],
  DE: ['49', '0'],
  DK: ['45', ''],
  ES: ['34', ''],
  FI: ['358', '0'],
  FR: ['33', '0'],
  GB: ['44', '0'],
  IE: ['353', '0'],
  IT: ['39', ''],
  JP: ['81', '0'],
  MX: ['52', ''],
  NL: ['31', '0'],
  NO: ['47', ''],
  PL: ['48', ''],
  PT: ['351', ''],
  SE: ['46', '0'],
  US: ['1', '1'],
  VE: ['58', '0'],
}

/**
 * E.164 where it can be told: `+` or `00` with a country code, else a national number of `country`.
 * @returns null when it is no such number; what cannot be told is kept by its digits alone
 */
export function toPhone(
  text: string,
  country: string,
): { readonly value: string; readonly international: boolean } | null {
  const trimmed = text
    .trim()
    .replace(/^\+\s*/, '+')
    .replace(/\(0\)/, '')
  const digits = trimmed.replace(/\D/g, '')
  const rest = trimmed.replace(/(?:ext|x|#).*$/i, '').replace(/[\d\s().+/-]/g, '')
  if (digits.length < 5 || digits.length > 17 || rest !== '') return null
  if (trimmed.startsWith('+')) return toInternational(digits)
  if (digits.startsWith('00')) return toInternational(digits.slice(2))
  const known = callingCodes[country]
  if (known === undefined) return { value: digits, international: false }
  const [code, trunk] = known
  const national = trunk !== '' && digits.startsWith(trunk) ? digits.slice(trunk.length) : digits
  return toInternational(code + national)
}

function toInternational(digits: string): { readonly value: string; readonly international: boolean } | null {
  return /^[1-9]\d{6,14}$/.test(digits) ? { value: `+${digits}`, international: true } : null
}

const relayDomains = [
  /(^|\.)relay\.walmart\.com$/,
  /(^|\.)marketplace\.amazon\.[a-z.]+$/,
  /(^|\.)members\.ebay\.[a-z.]+$/,
  /(^|\.)privaterelay\.appleid\.com$/,
]

/** Whether a marketplace made the address up: it tells a customer from others in that channel and nowhere else. */
export function isRelayEmail(email: string): boolean {
  const domain = email.slice(email.indexOf('@') + 1)
  return relayDomains.some((pattern) => pattern.test(domain))
}

/**
 * What a lookup by `value` compares with: the values `toIdentifiers` may have stored for it.
 * @returns null when no customer can have it
 */
export function toLookupValue(kind: IdentifierKind, value: string, country: string): string | null {
  switch (kind) {
    case 'EMAIL':
      return toEmail(value)
    case 'PHONE':
      return toPhone(value, country)?.value ?? null
    case 'LOYALTY_ID':
    case 'ACCOUNT_ID':
      return value.trim() === '' ? null : value.trim()
    default:
      return kind satisfies never
  }
}
