import { toRecordRefusal, toVersionConflict } from '../ledger/record-resolvers.ts'
import { toRefusalAnswer } from '../reservations/answers.ts'
import { transitions } from './lifecycle.ts'
import type { BeginOutcome, ReceiveOutcome, StepOutcome } from './transfer-command.ts'

/** What a client is told, by the name of its type in the SDL. @param doing what was asked, after "Cannot" */
export function toTransferAnswer(
  outcome: BeginOutcome | StepOutcome | ReceiveOutcome,
  doing: string,
  transferId: string,
) {
  const path = ['input', 'transferId']
  switch (outcome.kind) {
    case 'done': {
      const { transfer, replayed } = outcome
      return { __typename: 'TransferSuccess' as const, transfer, replayed }
    }
    case 'not-found':
      return {
        __typename: 'TransferNotFound' as const,
        code: 'NOT_FOUND' as const,
        message: `Cannot ${doing}: there is none of this id`,
        ...{ path, transferId },
      }
    case 'not-authority':
      return toRecordRefusal({
        kind: 'not-authority',
        message: 'the location is not one of yours',
        argument: 'transferId',
      })
    case 'version-conflict':
      return toVersionConflict(doing, outcome.currentVersion)
    case 'illegal-step': {
      const { state } = outcome
      const allowed = transitions[state]
      return {
        __typename: 'IllegalTransferStep' as const,
        code: 'CONFLICT' as const,
        message: `Cannot ${doing}: it is ${state}, which may become ${allowed.join(' or ') || 'nothing else'}`,
        ...{ path, transferId, state, allowed },
      }
    }
    case 'closed':
      return {
        __typename: 'TransferClosed' as const,
        code: 'CONFLICT' as const,
        message: `Cannot ${doing}: it is closed, as ${outcome.state}`,
        ...{ path, transferId, state: outcome.state },
      }
    case 'units-missing': {
      const { lineId, requested, inTransit } = outcome
      return {
        __typename: 'TransferUnitsMissing' as const,
        code: 'CONFLICT' as const,
        message: `Cannot ${doing}: ${inTransit} units are in transit, got ${requested}`,
        path: ['input', 'lines'],
        ...{ lineId, requested, inTransit },
      }
    }
    case 'unknown-line': {
      const { lineId } = outcome
      const message = 'lineId names no line of the transfer'
      return toRefusalAnswer({ kind: 'invalid', lines: [{ lineId, reason: 'BAD_LINE_ID', message }] })
    }
    case 'insufficient':
      return {
        __typename: 'InsufficientStock' as const,
        code: 'CONFLICT' as const,
        message: 'Cannot send these units: there are fewer that nobody was promised',
        path: ['input', 'lines'],
        shortfalls: outcome.shortfalls,
      }
    default:
      return toRefusalAnswer(outcome)
  }
}
