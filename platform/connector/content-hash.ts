import { hash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../event-log/event-log.ts'

/** @returns the same text for the same content, whatever the order of its members; 27 characters. */
export function contentHash(data: JsonObject): string {
  return hash('sha1', toCanonicalJson(data), 'base64url')
}

function toCanonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(toCanonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${toCanonicalJson(value[name] ?? null)}`)
  return `{${members.join(',')}}`
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
