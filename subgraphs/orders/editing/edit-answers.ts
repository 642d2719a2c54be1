import { toKeyAnswer } from '../key-answers.ts'
import type { EditOutcome } from './edit-command.ts'
import type { InvalidChange } from './edit-input.ts'
import type { KeptEditRequest } from './edit-request.ts'
import { editableStates } from './plan-edit.ts'
import type { WithdrawOutcome } from './withdraw-command.ts'

/** What a client is told, by the name of its type in the SDL. */
export function toEditAnswer(outcome: EditOutcome, orderId: string) {
  switch (outcome.kind) {
    case 'done':
      return toDone(outcome.edit, outcome.replayed)
    case 'not-found':
      return toOrderNotFound(orderId)
    case 'line-not-found':
      return {
        ...{ __typename: 'OrderLineNotFound' as const, code: 'NOT_FOUND' as const, lineId: outcome.lineId },
        message: 'Cannot edit the order: it has no line of this id, or all of it was cancelled',
        path: ['input', 'changes'],
      }
    case 'order-not-editable':
      return {
        ...{ __typename: 'OrderNotEditable' as const, code: 'CONFLICT' as const },
        ...{ state: outcome.state, allowed: editableStates, path: ['input', 'orderId'] },
        message: `Cannot edit the order: it is ${outcome.state}`,
      }
    case 'line-not-editable': {
      const { lineId, leastQuantity } = outcome
      return {
        ...{ __typename: 'OrderLineNotEditable' as const, code: 'CONFLICT' as const, lineId, leastQuantity },
        message: `Cannot edit the order: ${leastQuantity} units of the line were picked, or have left`,
        path: ['input', 'changes'],
      }
    }
    case 'unchanged':
      return {
        ...{ __typename: 'OrderUnchanged' as const, code: 'CONFLICT' as const, path: ['input', 'changes'] },
        message: 'Cannot edit the order: it is as it is asked for already',
      }
    case 'under-way':
      return {
        ...{ __typename: 'OrderEditUnderWay' as const, code: 'CONFLICT' as const, editRequest: outcome.edit },
        message: 'Cannot edit the order: another edit of it is not settled yet',
        path: ['input', 'orderId'],
      }
    case 'version-conflict': {
      const { currentVersion } = outcome
      return {
        ...{ __typename: 'VersionConflict' as const, code: 'CONFLICT' as const, currentVersion },
        message: `Cannot edit the order: it is of version ${currentVersion} now`,
        path: ['input', 'expectedVersion'],
      }
    }
    case 'key-reused':
    case 'key-in-progress':
      return toKeyAnswer(outcome.kind)
    default:
      return outcome satisfies never
  }
}

export function toWithdrawAnswer(outcome: WithdrawOutcome, editRequestId: string) {
  switch (outcome.kind) {
    case 'done': {
      const { edit: editRequest, replayed } = outcome
      return { __typename: 'WithdrawOrderEditSuccess' as const, editRequest, replayed }
    }
    case 'not-pending':
      return {
        ...{ __typename: 'OrderEditNotPending' as const, code: 'CONFLICT' as const, editRequest: outcome.edit },
        message: `Cannot withdraw the edit: it is ${outcome.edit.state}`,
        path: ['input', 'editRequestId'],
      }
    case 'not-found':
      return {
        ...{ __typename: 'OrderEditNotFound' as const, code: 'NOT_FOUND' as const, editRequestId },
        message: 'Cannot withdraw the edit: there is none of this id',
        path: ['input', 'editRequestId'],
      }
    case 'key-reused':
    case 'key-in-progress':
      return toKeyAnswer(outcome.kind)
    default:
      return outcome satisfies never
  }
}

export function toInvalidChanges(changes: readonly InvalidChange[]) {
  return {
    ...{ __typename: 'InvalidOrderChanges' as const, code: 'INVALID' as const, path: ['input', 'changes'], changes },
    message: `Cannot edit the order: ${changes[0]?.message ?? 'a change is not valid'}`,
  }
}

export function toOrderNotFound(orderId: string) {
  return {
    ...{ __typename: 'OrderNotFound' as const, code: 'NOT_FOUND' as const, path: ['input', 'orderId'], orderId },
    message: 'Cannot edit the order: there is none of this id',
  }
}

function toDone(edit: KeptEditRequest, replayed: boolean) {
  if (edit.refusal === null) return { __typename: 'EditOrderSuccess' as const, editRequest: edit, replayed }
  const { reason, shortfalls } = edit.refusal
  return {
    ...{ __typename: 'EditOrderRefused' as const, code: 'CONFLICT' as const, path: ['input', 'changes'] },
    ...{ message: `Cannot edit the order: ${words[reason]}`, reason, shortfalls, editRequest: edit },
  }
}

const words: Readonly<Record<NonNullable<KeptEditRequest['refusal']>['reason'], string>> = {
  INSUFFICIENT_STOCK: 'there are fewer units to be promised',
  UNKNOWN_VARIANT: 'no variant has a SKU that is to be added',
  UNITS_GONE: 'units that are to go were picked, or have left',
}
