/** What a client is told whose idempotency key cannot be used now. */
export function toKeyAnswer(kind: 'key-reused' | 'key-in-progress') {
  const path = ['input', 'idempotencyKey']
  if (kind === 'key-reused') {
    return {
      ...{ __typename: 'IdempotencyKeyReused' as const, code: 'CONFLICT' as const, path },
      message: 'Cannot use the idempotency key: it stands for another input',
    }
  }
  return {
    ...{ __typename: 'IdempotencyInProgress' as const, code: 'CONFLICT' as const, path, retryAfterMs: 250 },
    message: 'Cannot answer yet: a request with this idempotency key is being worked on',
  }
}
