import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { toCanonicalJson } from './canonical-json.ts'
import { AppError } from './errors/app-error.ts'

export type CursorValue = string | number | boolean | null

export type CursorTarget = {
  /** Which list it pages: `Customer.orders`. A cursor of one list is refused by another. */
  readonly scope: string
  /** `hashFilter` of everything that decides the list's members and order: tenant, filter arguments, sort, parent id. */
  readonly filterHash: string
}

/** Opaque, signed keyset cursors: the sort values of one row. They hold no secret, but cannot be forged or moved. */
export type CursorCodec = {
  /** @param target.values the row's sort values, last the unique one; exact numbers as text */
  encode(target: CursorTarget & { readonly values: readonly CursorValue[] }): string
  /** @returns the values as encoded. @throws AppError `CURSOR_INVALID` when damaged, forged, or of another list or filter. */
  decode(cursor: string, target: CursorTarget): readonly CursorValue[]
}

const formatVersion = 1
const macBytes = 16
// Tells an honest mix-up of lists from damage, for the message only; the signature alone decides.
const tagBytes = 4
const headBytes = 1 + macBytes + tagBytes
const longestCursor = 1_024

/** @param options.secret at least 32 characters, the same in every process that pages the same lists */
export function createCursorCodec(options: { readonly secret: string }): CursorCodec {
  const key = createHash('sha256').update(`storeloom cursor\0${options.secret}`).digest()

  function macOf(target: CursorTarget, body: string): Buffer {
    const signed = JSON.stringify([formatVersion, target.scope, target.filterHash, body])
    return createHmac('sha256', key).update(signed).digest().subarray(0, macBytes)
  }

  return {
    encode(target) {
      const body = JSON.stringify(target.values)
      return Buffer.concat([Buffer.of(formatVersion), macOf(target, body), tagOf(target), Buffer.from(body)]).toString(
        'base64url',
      )
    },
    decode(cursor, target) {
      if (cursor.length > longestCursor || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw refusal('it is damaged')
      const bytes = Buffer.from(cursor, 'base64url')
      if (bytes.length <= headBytes || bytes[0] !== formatVersion) throw refusal('it is damaged')
      const body = bytes.toString('utf8', headBytes)
      if (!timingSafeEqual(bytes.subarray(1, 1 + macBytes), macOf(target, body))) {
        const sameList = bytes.subarray(1 + macBytes, headBytes).equals(tagOf(target))
        throw refusal(sameList ? 'it is damaged' : 'it belongs to another list, filter or order')
      }
      return parseValues(body)
    },
  }
}

/**
 * Fingerprint of a filter for `CursorTarget.filterHash`: equal for equal content, whatever the order of object keys.
 * Members that are undefined count as absent; Dates and bigints by their text.
 */
export function hashFilter(filter: unknown): string {
  return createHash('sha256').update(toCanonicalJson(filter)).digest('base64url').slice(0, 16)
}

function tagOf(target: CursorTarget): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([target.scope, target.filterHash]))
    .digest()
    .subarray(0, tagBytes)
}

/** The signature holds, so the body is what `encode` wrote. */
function parseValues(body: string): readonly CursorValue[] {
  return JSON.parse(body) as readonly CursorValue[]
}

function refusal(reason: string): AppError {
  return new AppError(
    'CURSOR_INVALID',
    `Cannot page: the cursor is not one of this list, ${reason}; start from the first page`,
  )
}
