/**
 * JSON text that is the same for the same content, whatever the order of object members: what fingerprints are made of.
 * Members that are undefined count as absent, a lone undefined as null; Dates and bigints by their text.
 *
 * Fingerprints of it are stored, so what a value's text is must never change.
 */
export function toCanonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}n"`
  if (value instanceof Date) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toCanonicalJson(member)}`).join(',')}}`
}
