/*
 * Arrays as PostgreSQL's own text of them. `pg` writes them too, element by element with two replacements each, which is
 * where a statement of ten thousand elements spends its time.
 */

/** `$1::text[]`, or an array of any type whose text is given. */
export function textArray(values: readonly (string | null)[]): string {
  let literal = ''
  for (const value of values) {
    literal += literal === '' ? '{' : ','
    if (value === null) literal += 'NULL'
    else literal += `"${special.test(value) ? value.replace(specials, '\\$&') : value}"`
  }
  return literal === '' ? '{}' : `${literal}}`
}

const special = /["\\]/
const specials = /["\\]/g

/** Of what needs no quotes: numbers, uuids. */
export function plainArray(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`
}

/**
 * `$1::uuid[]` as the wire carries it, which costs the server a copy in place of taking text apart.
 * @param ids 32 hexadecimal digits each
 */
export function uuidArray(ids: readonly (string | null)[]): Buffer {
  // One dimension, from 1, of type 2950; then the length of each and its bytes.
  let digits = `000000010000000000000b86${ids.length.toString(16).padStart(8, '0')}00000001`
  for (const id of ids) digits += id === null ? 'ffffffff' : `00000010${id}`
  return Buffer.from(digits, 'hex')
}

/** `$1::json[]`, `$1::jsonb[]`, or text that holds JSON. @param texts as `JSON.stringify` gives them */
export function jsonArray(texts: readonly string[]): string {
  // Such a text has no control characters: what JSON escapes in it is what an array escapes, `"` and `\`.
  return `{${texts.map((text) => JSON.stringify(text)).join(',')}}`
}
