import { hash } from 'node:crypto'
import { toCanonicalJson } from '../canonical-json.ts'
import type { JsonObject } from '../event-log/event-log.ts'

/** @returns the same text for the same content, whatever the order of its members; 27 characters. */
export function contentHash(data: JsonObject): string {
  return hash('sha1', toCanonicalJson(data), 'base64url')
}
