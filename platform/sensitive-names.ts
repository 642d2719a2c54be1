/** Parts of a field's name that mark its value as a secret or as personal data. Compared without case, `_` and `-`. */
const sensitiveParts = [
  'password',
  'passwd',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apikey',
  'credential',
  'privatekey',
  'signature',
  'email',
  'phone',
  'firstname',
  'lastname',
  'fullname',
  'familyname',
  'givenname',
  'displayname',
  'contactname',
  'address',
  'street',
  'postalcode',
  'postcode',
  'birth',
  'iban',
  'cardnumber',
  'pan',
]

const whole = new Set(['pan', 'iban'])

/** @returns whether a value under this name must not be written to a log or an error text. */
export function isSensitiveName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '')
  return sensitiveParts.some((part) => (whole.has(part) ? plain === part : plain.includes(part)))
}
