import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { hashFilter } from '../../platform/cursor.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { LogPosition } from '../../platform/event-log/event-log.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'

/** A place in the log, and when the log was there. */
export type StreamPlace = { readonly position: LogPosition; readonly atMs: number }

/** What a cursor is good for, and nothing else. */
export type StreamBinding = {
  readonly viewer: Viewer
  readonly field: string
  /** Arguments that decide what is told. What is selected of it may change: the places are the same. */
  readonly selecting: Readonly<Record<string, unknown>>
  /** Of the API. */
  readonly version: string
}

export type BoundCursors = {
  encode(place: StreamPlace): string
  /** @throws AppError `CURSOR_INVALID` when damaged, forged, of another client or of another subscription */
  decode(cursor: string): StreamPlace
}

export type StreamCursors = { bind(binding: StreamBinding): BoundCursors }

const formatVersion = 1
const keyIdBytes = 4
const macBytes = 16
const headBytes = 1 + keyIdBytes + macBytes
const bodyBytes = 8 + 8 + 6
const textPattern = /^[A-Za-z0-9_-]{58}$/

/** @param secrets the first signs, all verify: put a new one before the old and drop the old after the retention time */
export function createStreamCursors(secrets: readonly [string, ...string[]]): StreamCursors {
  const keys = secrets.map((secret) => {
    const key = createHash('sha256').update(`storeloom stream cursor\0${secret}`).digest()
    return { key, id: createHash('sha256').update(key).digest().subarray(0, keyIdBytes) }
  })
  const [signing] = keys
  if (signing === undefined) throw new TypeError('Cannot sign cursors: there is no secret')

  return {
    bind(binding) {
      const bound = Buffer.from(
        hashFilter([principalOf(binding.viewer), binding.field, binding.selecting, binding.version]),
      )
      const macOf = (key: Buffer, body: Uint8Array) =>
        createHmac('sha256', key).update(bound).update(body).digest().subarray(0, macBytes)
      return {
        encode({ position, atMs }) {
          const bytes = Buffer.allocUnsafe(headBytes + bodyBytes)
          bytes[0] = formatVersion
          signing.id.copy(bytes, 1)
          bytes.writeBigUInt64BE(position.transactionId, headBytes)
          bytes.writeBigUInt64BE(position.row, headBytes + 8)
          bytes.writeUIntBE(Math.max(0, Math.trunc(atMs)), headBytes + 16, 6)
          macOf(signing.key, bytes.subarray(headBytes)).copy(bytes, 1 + keyIdBytes)
          return bytes.toString('base64url')
        },
        decode(cursor) {
          if (!textPattern.test(cursor)) throw refusal()
          const bytes = Buffer.from(cursor, 'base64url')
          // The last character has bits to spare: one place has one text.
          if (bytes.toString('base64url') !== cursor) throw refusal()
          const id = bytes.subarray(1, 1 + keyIdBytes)
          const known = keys.find((candidate) => candidate.id.equals(id))
          if (bytes.length !== headBytes + bodyBytes || bytes[0] !== formatVersion || known === undefined)
            throw refusal()
          const body = bytes.subarray(headBytes)
          if (!timingSafeEqual(bytes.subarray(1 + keyIdBytes, headBytes), macOf(known.key, body))) throw refusal()
          return {
            position: { transactionId: body.readBigUInt64BE(0), row: body.readBigUInt64BE(8) },
            atMs: body.readUIntBE(16, 6),
          }
        },
      }
    },
  }
}

/** Who a viewer is, whatever token, roles or scopes they come with today. */
export function principalOf(viewer: Viewer): readonly string[] {
  const base = [viewer.tenant, viewer.clientId, viewer.kind]
  switch (viewer.kind) {
    case 'anonymous':
      return base
    case 'shopper':
      return [...base, viewer.customerId]
    case 'staff':
      return [...base, viewer.subject]
    case 'partner':
      return [...base, viewer.partnerId]
    case 'service':
      return [...base, viewer.system]
    default:
      return viewer satisfies never
  }
}

function refusal(): AppError {
  return new AppError(
    'CURSOR_INVALID',
    'Cannot go on: the cursor is damaged or belongs to another client, subscription or version; subscribe without it',
  )
}
