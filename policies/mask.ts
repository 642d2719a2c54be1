/** Enough of personal data to recognise who is meant, and too little to reach them. */

const blot = '•••'

/** `ada.lind@example.com` is told as `a•••@e•••.com`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  if (at <= 0) return blot
  const domain = email.slice(at + 1)
  const end = domain.lastIndexOf('.')
  return `${firstOf(email)}${blot}@${firstOf(domain)}${blot}${end > 0 ? domain.slice(end) : ''}`
}

/** `+46701234567` is told as `•••67`. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '')
  return digits.length < 6 ? blot : `${blot}${digits.slice(-2)}`
}

/** `Ada Lind` is told as `A••• L•••`. */
export function maskName(name: string): string {
  return name
    .trim()
    .split(/\s+/)
    .slice(0, 4)
    .map((word) => `${firstOf(word)}${blot}`)
    .join(' ')
}

export type MaskableAddress = {
  readonly name: string | null
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly region: string | null
  readonly postalCode: string | null
  readonly country: string | null
}

/** City and country stay, of the postal code its beginning, of the name its initials; the street goes. */
export function maskAddress(address: MaskableAddress): MaskableAddress {
  const { name, line1, line2, postalCode } = address
  return {
    ...address,
    name: name === null ? null : maskName(name),
    line1: line1 === null ? null : blot,
    line2: line2 === null ? null : blot,
    postalCode: postalCode === null ? null : `${postalCode.slice(0, 2)}${blot}`,
  }
}

const firstOf = (text: string): string => [...text][0] ?? ''
