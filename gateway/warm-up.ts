import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Supergraph } from './exchange.ts'

/** An operation as clients ask it, and the version they ask it in. */
export type KnownOperation = {
  readonly text: string
  readonly operationName: string | undefined
  /** Name of a `SchemaVersion`. */
  readonly version: string
}

export type WarmUpBounds = { readonly maxOperations: number; readonly budgetMs: number }

/** A plan takes 1 to 11 ms (decision 010), so most of what is asked is ready before it is asked. */
const defaultBounds: WarmUpBounds = { maxOperations: 500, budgetMs: 2_000 }

/**
 * Parses, validates, plans and compiles operations, so that the first request of each need not. Requests under way have
 * their turns in between. What cannot be asked any more is passed over: who asks it will be told why.
 *
 * @param known the most important first
 * @returns how many are ready
 */
export async function warmUp(
  supergraph: Supergraph,
  known: Iterable<KnownOperation>,
  { maxOperations, budgetMs }: WarmUpBounds = defaultBounds,
): Promise<number> {
  const endMs = performance.now() + budgetMs
  let seen = 0
  let ready = 0
  for (const operation of known) {
    if (seen++ >= maxOperations || performance.now() >= endMs) break
    if (makeReady(supergraph, operation)) ready += 1
    await nextTurn()
  }
  return ready
}

function makeReady(supergraph: Supergraph, { text, operationName, version }: KnownOperation): boolean {
  const served = versionOf(supergraph, version)
  if (served === undefined) return false
  try {
    const found = supergraph.operations.find(text, operationName, served.schema)
    if (found.kind === 'refused' || found.operation.kind === 'subscription') return false
    supergraph.ready(found.operation, served)
    return true
  } catch {
    return false
  }
}

/** What clients asked of a supergraph, the latest first. */
export function* knownOperations({ operations, unversioned, versions }: Supergraph): Iterable<KnownOperation> {
  const names = new Map([unversioned, ...versions.values()].map(({ schema, name }) => [schema, name]))
  for (const { text, operationName, schema } of operations.latest()) {
    const version = names.get(schema)
    if (version !== undefined) yield { text, operationName, version }
  }
}

function versionOf({ unversioned, versions }: Supergraph, name: string) {
  return name === unversioned.name ? unversioned : versions.get(name)
}
