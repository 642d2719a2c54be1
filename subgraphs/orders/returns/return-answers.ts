import type { ReturnCommand, ReturnOutcome } from './return-command.ts'

const doings: Readonly<Record<'REQUEST' | ReturnCommand['kind'], string>> = {
  REQUEST: 'request the return',
  AUTHORIZE: 'authorize the return',
  DECLINE: 'decline the return',
  CANCEL: 'cancel the return',
  RECEIVE: 'record the receipt',
  DISPOSE: 'record the disposition',
}

const missing: Readonly<Record<string, string>> = {
  orderId: 'there is no order of this id',
  returnId: 'there is no return of this id',
  locationId: 'there is no location of this id where you may receive',
  returnToLocationId: 'no location is known that it could come back to; name one',
}

/** What a mutation answers. @param kind what was asked */
export function toReturnAnswer(kind: keyof typeof doings, outcome: ReturnOutcome) {
  const doing = `Cannot ${doings[kind]}:`
  const conflict = { code: 'CONFLICT' as const }
  switch (outcome.kind) {
    case 'done':
      return { __typename: 'ReturnSuccess' as const, return: outcome.kept, replayed: outcome.replayed }
    case 'not-found':
      return {
        ...{ __typename: 'ReturnNotFound' as const, code: 'NOT_FOUND' as const, path: ['input', outcome.argument] },
        message: `${doing} ${missing[outcome.argument] ?? 'it is not there'}`,
      }
    case 'not-allowed': {
      const { state, allowed } = outcome
      const may = allowed.length === 0 ? 'nothing any more' : allowed.join(', ')
      return {
        ...{ __typename: 'ReturnNotAllowed' as const, ...conflict, path: ['input', 'returnId'], state, allowed },
        message: `${doing} it is ${state}, allowed is ${may}`,
      }
    }
    case 'exceeded': {
      const [first] = outcome.limits
      return {
        ...{ __typename: 'ReturnQuantityExceeded' as const, ...conflict, path: ['input', 'lines'] },
        ...{ limits: outcome.limits },
        message: `${doing} ${first?.requested} units of ${first?.id.slice(0, 60)} are asked for, allowed is ${first?.allowed}`,
      }
    }
    case 'version-conflict': {
      const { currentVersion } = outcome
      return {
        ...{ __typename: 'VersionConflict' as const, ...conflict, currentVersion },
        ...{ message: `${doing} it is of version ${currentVersion} now`, path: ['input', 'expectedVersion'] },
      }
    }
    case 'key-reused':
      return {
        ...{ __typename: 'IdempotencyKeyReused' as const, ...conflict, path: ['input', 'idempotencyKey'] },
        message: 'Cannot use the idempotency key: it stands for another input',
      }
    case 'key-in-progress':
      return {
        ...{ __typename: 'IdempotencyInProgress' as const, ...conflict, path: ['input', 'idempotencyKey'] },
        ...{ message: 'Cannot answer yet: a request with this idempotency key is being worked on', retryAfterMs: 250 },
      }
    default:
      return outcome satisfies never
  }
}
