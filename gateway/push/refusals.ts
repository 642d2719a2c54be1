import { AppError } from '../../platform/errors/app-error.ts'

export function expired(): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    'Cannot go on: the proof of who you are has ended; go on with a new one from the cursor',
  )
}

export function shuttingDown(): AppError {
  return new AppError(
    'SHUTTING_DOWN',
    'Cannot go on here: the gateway is shutting down; go on elsewhere from the cursor',
    {
      retryable: true,
      retryAfterMs: 250 + Math.floor(Math.random() * 4_750),
    },
  )
}

export function tooMany(allowed: number): AppError {
  return new AppError(
    'RATE_LIMITED',
    `Cannot subscribe: this client has ${allowed} streams open, allowed is ${allowed}`,
    {
      details: { allowed },
    },
  )
}
