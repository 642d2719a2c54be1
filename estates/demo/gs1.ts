/** GS1 sets the prefix 952 aside for examples, so no number here belongs to a real company. */
const examplePrefix = '952'

/** @returns 13 digits with a valid check digit; the same for the same number, up to 999,999,999. */
export function gs1Number(serial: number): string {
  const digits = examplePrefix + String(serial).padStart(9, '0')
  return digits + checkDigit(digits)
}

export function checkDigit(twelveDigits: string): string {
  let sum = 0
  for (let at = 0; at < 12; at += 1) sum += Number(twelveDigits[at]) * (at % 2 === 0 ? 1 : 3)
  return String((10 - (sum % 10)) % 10)
}
