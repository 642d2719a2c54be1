import { AppError } from '../errors/app-error.ts'
import type { LogPosition } from './event-log.ts'

/** Before the first event. */
export const startOfLog: LogPosition = { transactionId: 0n, row: 0n }

/** @returns below zero when `a` comes first, zero when they are the same place, above zero when `b` comes first */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  if (a.transactionId !== b.transactionId) return a.transactionId < b.transactionId ? -1 : 1
  if (a.row !== b.row) return a.row < b.row ? -1 : 1
  return 0
}

/** @returns `"<transactionId>-<row>"` */
export function formatPosition(position: LogPosition): string {
  return `${position.transactionId}-${position.row}`
}

/** @throws AppError `CURSOR_INVALID` when the text is not what `formatPosition` makes */
export function parsePosition(text: string): LogPosition {
  const match = /^(\d{1,20})-(\d{1,19})$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new AppError('CURSOR_INVALID', 'Cannot read the log position: it must look like "123-45"')
  }
  return { transactionId: BigInt(match[1]), row: BigInt(match[2]) }
}
