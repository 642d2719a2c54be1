import { createHash } from 'node:crypto'
import type { GraphQLSchema } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'
import type { Supergraph } from './exchange.ts'
import { knownOperations, warmUp } from './warm-up.ts'

/** A supergraph and what must be closed once nobody uses it any more. */
export type LoadedSupergraph = Supergraph & AsyncDisposable

/** @throws Error when the text is no supergraph that can be run */
export type LoadSupergraph = (sdl: string, id: string) => Promise<LoadedSupergraph>

export type SwapOutcome =
  | { readonly kind: 'serving'; readonly id: string }
  /** The one before it goes on serving. */
  | { readonly kind: 'refused'; readonly reason: string }

/** The supergraph in service. */
export type SupergraphHolder = AsyncDisposable & {
  apiSchema(): GraphQLSchema
  id(): string
  /**
   * Readies a new one for what is asked of the old one, then takes it into service for requests that begin from then on;
   * those under way finish on theirs.
   */
  swap(sdl: string): Promise<SwapOutcome>
  /** Lends the supergraph in service for one request, until the promise of `run` is settled. */
  use<T>(run: (supergraph: Supergraph) => Promise<T>): Promise<T>
}

type Held = { readonly supergraph: LoadedSupergraph; users: number; retired: boolean }

/**
 * @param sdl the first supergraph
 * @throws AppError `CONFIG_INVALID` when it cannot be served
 */
export async function holdSupergraph(
  sdl: string,
  load: LoadSupergraph,
  onInternal: (error: unknown) => void,
): Promise<SupergraphHolder> {
  let current: Held = { supergraph: await loadOrRefuse(sdl, load), users: 0, retired: false }
  let swapping: Promise<unknown> = Promise.resolve()
  const closing = new Set<Promise<void>>()

  function retire(held: Held): void {
    held.retired = true
    if (held.users === 0) close(held)
  }

  function close({ supergraph }: Held): void {
    const closed = dispose(supergraph)
    closing.add(closed)
    closed.then(() => closing.delete(closed), onInternal)
  }

  async function dispose(supergraph: LoadedSupergraph): Promise<void> {
    try {
      await supergraph[Symbol.asyncDispose]()
    } catch (error) {
      onInternal(error)
    }
  }

  async function replace(next: string): Promise<SwapOutcome> {
    if (idOf(next) === current.supergraph.id) return { kind: 'serving', id: current.supergraph.id }
    try {
      const supergraph = await loadOrRefuse(next, load)
      const before = current
      await warmUp(supergraph, knownOperations(before.supergraph))
      current = { supergraph, users: 0, retired: false }
      retire(before)
      return { kind: 'serving', id: supergraph.id }
    } catch (error) {
      return { kind: 'refused', reason: AppError.from(error).message }
    }
  }

  return {
    apiSchema: () => current.supergraph.apiSchema,
    id: () => current.supergraph.id,
    swap(next) {
      // One at a time, in the order asked: the last one asked for is the one that stays.
      const outcome = swapping.then(() => replace(next))
      swapping = outcome
      return outcome
    },
    use(run) {
      const held = current
      held.users += 1
      const release = () => {
        held.users -= 1
        if (held.retired && held.users === 0) close(held)
      }
      const running = run(held.supergraph)
      running.then(release, release)
      return running
    },
    async [Symbol.asyncDispose]() {
      await swapping
      if (!current.retired) retire(current)
      await Promise.all(closing)
    },
  }
}

async function loadOrRefuse(sdl: string, load: LoadSupergraph): Promise<LoadedSupergraph> {
  try {
    return await load(sdl, idOf(sdl))
  } catch (error) {
    if (error instanceof AppError) throw error
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : 'it cannot be read'
    throw new AppError('CONFIG_INVALID', `Cannot serve the supergraph: ${why}`, { cause: error })
  }
}

function idOf(sdl: string): string {
  return createHash('sha256').update(sdl).digest('hex').slice(0, 12)
}
