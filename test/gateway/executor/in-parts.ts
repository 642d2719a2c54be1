import type { ExecuteRequest, PreparedOperation } from '../../../gateway/executor/prepared.ts'
import { type Incremental, mergeParts } from '../../support/merge-parts.ts'

export type Payload =
  | { readonly data: unknown; readonly errors: readonly unknown[] }
  | { readonly incremental: readonly Incremental[]; readonly isLast: boolean }

/** Runs an operation in parts; gives what was told, as JSON, in order, and the whole. */
export const runInParts = async (prepared: PreparedOperation, request: ExecuteRequest) => {
  const payloads: Payload[] = []
  const tell = (payload: Payload): boolean => payloads.push(JSON.parse(JSON.stringify(payload))) > 0
  const whole = await (prepared.runInParts ?? prepared.run)(request, {
    initial: tell,
    later: (incremental, isLast) => tell({ incremental, isLast }),
  })
  return { payloads, whole: JSON.parse(JSON.stringify(whole)), merged: mergePayloads(payloads) }
}

export const incrementalOf = (payloads: readonly Payload[]): readonly Incremental[] =>
  payloads.flatMap((payload) => ('incremental' in payload ? payload.incremental : []))

const mergePayloads = (payloads: readonly Payload[]): unknown => {
  const [first] = payloads
  return first !== undefined && 'data' in first ? mergeParts(first.data, incrementalOf(payloads)) : undefined
}
