import { AppError } from '../errors/app-error.ts'
import { inSlicesBehind } from './slices.ts'

export type WriteGroupsDeps<Request, Outcome> = {
  /** What a request changes: two requests that share a key never run at the same time. At least one key. */
  readonly keysOf: (request: Request) => readonly string[]
  /**
   * Writes a group in one transaction: all of it or nothing.
   * @param passOn call it once nothing but the store is waited for: the next group of the same keys begins then, or as soon as
   * those of earlier groups have been told, and must wait in the store for what this one holds. It begins at the latest when this
   * one is written.
   * @returns one outcome per request, in order. An outcome that concerns one request alone is a value, never a throw.
   */
  readonly run: (requests: readonly Request[], passOn: () => void) => Promise<readonly Outcome[]>
  /**
   * How long the keys of a group that did not pass them on rest after it: what comes meanwhile shares the next one. Those of a full group do
   * not, for no more company would fit. Default: not at all.
   * @param ranMs how long the group ran
   */
  readonly restMs?: (ranMs: number) => number
  /**
   * How long after the beginning of a small group the next one begins at the earliest of keys that several in it share: where some meet,
   * more come and share a commit, and those of other keys have the machine meanwhile. One alone and a large group make nobody wait.
   * Default 0.
   */
  readonly paceMs?: number
  /** Most requests in one group. Default 256. */
  readonly maxGroup?: number
  /** Groups that run at once, each on a connection of its own. Default 4. */
  readonly maxConcurrent?: number
  /** Most requests that wait; further ones are refused at once. Default 10,000. */
  readonly maxWaiting?: number
  /** Longest a request waits for its group to begin. Default 5,000. */
  readonly maxWaitMs?: number
}

/**
 * A data loader for writes: what arrives while earlier writes of the same keys are under way forms the next group and
 * shares one transaction and one commit. Nothing waits for company: an idle key is written at once.
 */
export type WriteGroups<Request, Outcome> = AsyncDisposable & {
  /**
   * Resolves when the group of the request has committed. Requests that share a key run in the order they came, but for those of
   * a group that failed after it had passed on its keys.
   * @throws AppError `OVERLOADED` when too many wait, `DEADLINE_EXCEEDED` when it waited too long or was aborted while
   * waiting, `SHUTTING_DOWN` after disposal; else what `run` threw for it alone
   */
  submit(request: Request, signal?: AbortSignal): Promise<Outcome>
  /** Groups that ran and requests in them, since the start. */
  counts(): { readonly groups: number; readonly requests: number }
}

type Waiting<Request, Outcome> = {
  readonly request: Request
  readonly keys: readonly string[]
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

export function createWriteGroups<Request, Outcome>(
  deps: WriteGroupsDeps<Request, Outcome>,
): WriteGroups<Request, Outcome> {
  type Entry = Waiting<Request, Outcome>
  const maxGroup = deps.maxGroup ?? 256
  const maxConcurrent = deps.maxConcurrent ?? 4
  const paceMs = deps.paceMs ?? 0
  const maxWaiting = deps.maxWaiting ?? 10_000
  const maxWaitMs = deps.maxWaitMs ?? 5_000
  const busy = new Set<string>()
  const demand = new Map<string, number>()
  const running = new Set<Promise<void>>()
  const telling = new Set<Promise<void>>()
  let queue: Entry[] = []
  let closed = false
  let scheduled = false
  let timer: NodeJS.Timeout | undefined
  let groups = 0
  let requests = 0

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // What one turn of the event loop brings belongs together.
    setImmediate(() => {
      scheduled = false
      start()
    })
  }

  function free(keys: Iterable<string>): void {
    for (const key of keys) busy.delete(key)
    schedule()
  }

  function start(): void {
    refuseLate()
    while (running.size < maxConcurrent && queue.length > 0) {
      const group = takeGroup()
      if (group.length === 0) break
      const beganMs = performance.now()
      const { keys, shared } = keysOfGroup(group)
      for (const key of keys) busy.add(key)
      let given = false
      const giveBack = (): void => {
        if (given) return
        given = true
        const waitMs = group.length < largeGroup && shared.size > 0 ? beganMs + paceMs - performance.now() : 0
        if (waitMs > 0) setTimeout(free, waitMs, shared)
        free(waitMs > 0 ? [...keys].filter((key) => !shared.has(key)) : keys)
      }
      // Whoever is being told may ask again at once: the next group takes them along, in place of a small one and a late one.
      const passOn = (): void => void Promise.all(telling).then(giveBack)
      const work = perform(group, passOn).then((settle) => {
        const restMs = group.length < maxGroup ? (deps.restMs?.(performance.now() - beganMs) ?? 0) : 0
        if (restMs > 0) setTimeout(giveBack, restMs)
        else giveBack()
        running.delete(work)
        // What waits goes first: the store works on it while those who are answered go on.
        start()
        const told = settle().finally(() => telling.delete(told))
        telling.add(told)
      })
      running.add(work)
    }
    watchDeadline()
  }

  /**
   * In order of arrival, past none that shares a key. A key that many wait for gets groups of its own, so that those of
   * other keys are not as slow as it is; the others share one, since a commit costs the same however many it carries.
   */
  function takeGroup(): readonly Entry[] {
    const group: Entry[] = []
    const left: Entry[] = []
    const own = new Set<string>()
    const passed = new Set<string>()
    const isRelated = (entry: Entry): boolean => entry.keys.some((key) => own.has(key))
    let hot = false
    for (let at = 0; at < queue.length; at += 1) {
      const entry = queue[at]
      if (entry === undefined) break
      if (group.length >= maxGroup) {
        for (const later of queue.slice(at)) left.push(later)
        break
      }
      const free = entry.keys.every((key) => !busy.has(key) && !passed.has(key))
      if (free && group.length === 0) hot = isHot(entry)
      const fits = group.length === 0 || isRelated(entry) || (!hot && group.length < mostUnrelated && !isHot(entry))
      if (free && fits) {
        group.push(entry)
        for (const key of entry.keys) own.add(key)
      } else {
        left.push(entry)
        for (const key of entry.keys) passed.add(key)
      }
    }
    queue = left
    for (const entry of group) release(entry)
    return group
  }

  function isHot(entry: Entry): boolean {
    return entry.keys.some((key) => (demand.get(key) ?? 0) > hotDemand)
  }

  /** @returns what tells everyone of the group, a slice per turn of the event loop: others have theirs in between */
  async function perform(group: readonly Entry[], passOn: () => void): Promise<() => Promise<void>> {
    const [first] = group
    if (first === undefined) return async () => {}
    try {
      const outcomes = await deps.run(
        group.map((entry) => entry.request),
        passOn,
      )
      if (outcomes.length !== group.length) throw new TypeError('Cannot settle a group: an outcome is missing')
      groups += 1
      requests += group.length
      return () => inSlicesBehind(group.length, (at) => group[at]?.resolve(outcomes[at] as Outcome))
    } catch (error) {
      if (group.length === 1 || passesByItself(error)) {
        return () => inSlicesBehind(group.length, (at) => group[at]?.reject(error))
      }
      // One of them is poison: halves, until it stands alone.
      const half = group.length >> 1
      const settleFirst = await perform(group.slice(0, half), passOn)
      const settleSecond = await perform(group.slice(half), passOn)
      return async () => {
        await settleFirst()
        await settleSecond()
      }
    }
  }

  function refuseLate(): void {
    const nowMs = Date.now()
    const late = queue.filter((entry) => entry.deadlineMs <= nowMs || entry.signal?.aborted === true)
    if (late.length === 0) return
    const gone = new Set(late)
    queue = queue.filter((entry) => !gone.has(entry))
    for (const entry of late) {
      release(entry)
      entry.reject(new AppError('DEADLINE_EXCEEDED', 'Cannot write: too many wait for the same thing'))
    }
  }

  function watchDeadline(): void {
    if (timer !== undefined || queue.length === 0) return
    timer = setTimeout(() => {
      timer = undefined
      refuseLate()
      watchDeadline()
    }, watchMs)
  }

  function release(entry: Entry): void {
    for (const key of entry.keys) {
      const left = (demand.get(key) ?? 0) - 1
      if (left > 0) demand.set(key, left)
      else demand.delete(key)
    }
  }

  return {
    submit(request, signal) {
      if (closed) return Promise.reject(new AppError('SHUTTING_DOWN', 'Cannot write: the service is stopping'))
      if (queue.length >= maxWaiting) {
        return Promise.reject(
          new AppError('OVERLOADED', `Cannot write: ${maxWaiting} requests wait already`, { retryAfterMs: 500 }),
        )
      }
      const keys = distinct(deps.keysOf(request))
      return new Promise<Outcome>((resolve, reject) => {
        queue.push({ request, keys, deadlineMs: Date.now() + maxWaitMs, signal, resolve, reject })
        for (const key of keys) demand.set(key, (demand.get(key) ?? 0) + 1)
        // Whoever holds a key looks for what waits for it in the end.
        if (keys.some((key) => busy.has(key))) watchDeadline()
        else schedule()
      })
    },
    counts: () => ({ groups, requests }),
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(timer)
      const waiting = queue
      queue = []
      for (const entry of waiting) {
        entry.reject(new AppError('SHUTTING_DOWN', 'Cannot write: the service is stopping'))
      }
      await Promise.all(running)
      await Promise.all(telling)
    },
  }
}

/** `shared`: what several ask for. */
function keysOfGroup(group: readonly { readonly keys: readonly string[] }[]) {
  const keys = new Set<string>()
  const shared = new Set<string>()
  for (const entry of group) {
    for (const key of entry.keys) {
      if (keys.has(key)) shared.add(key)
      else keys.add(key)
    }
  }
  return { keys, shared }
}

function distinct(keys: readonly string[]): readonly string[] {
  const [first, second] = keys
  return keys.length < 2 || (keys.length === 2 && first !== second) ? keys : [...new Set(keys)]
}

/** So many share a commit that waiting for more gains little. */
const largeGroup = 64
/** Unrelated requests that share a commit. */
const mostUnrelated = 24
/** More than this many waiting for one key: it gets groups of its own. */
const hotDemand = 24
const watchMs = 100

/** The store is away or may have committed: halving the group would only ask again. The caller does, with the same key. */
function passesByItself(error: unknown): boolean {
  return error instanceof AppError && error.code !== 'CONFLICT' && error.retryable
}
