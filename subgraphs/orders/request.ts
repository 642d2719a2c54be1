import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'

const longestText = 200

/** @throws AppError `BAD_USER_INPUT` */
export function checkText(text: string, argument: string): string {
  if (text.length >= 1 && text.length <= longestText && !text.includes('\0')) return text
  throw new AppError(
    'BAD_USER_INPUT',
    `Cannot read the request: ${argument} has ${text.length} characters, allowed are 1 to ${longestText}`,
    { details: { argument, allowed: `1 to ${longestText} characters` } },
  )
}

/** What a request says and may not. */
export function refusal(argument: string, got: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot read the request: ${argument} is ${got}, allowed is ${allowed}`, {
    details: { argument, allowed },
  })
}

/** The person, or the client that stands for a system. */
export function nameOf(viewer: Viewer): string {
  return viewer.kind === 'staff' ? viewer.subject : viewer.clientId
}
