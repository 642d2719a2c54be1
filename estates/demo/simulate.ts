import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { createRandom, streams } from './random.ts'
import { advanceOrder, cancelOrder, requestReturn } from './simulate/advance-order.ts'
import { feedStock } from './simulate/marketplace.ts'
import { runPostings } from './simulate/money.ts'
import { placeOrder } from './simulate/place-order.ts'
import type { Deed, DemoDatabases, Trade } from './simulate/sources.ts'
import {
  announceReceipt,
  changePrice,
  inspectReturns,
  moveCustomer,
  receiveGoods,
  settleRefund,
} from './simulate/upkeep.ts'

export type SimulatorOptions = {
  readonly databases: DemoDatabases
  readonly seed: number
  readonly clock: Clock
}

export type Simulator = {
  /** Does one deed of trade in the source databases. @returns what happened; null when there was nothing to do */
  step(): Promise<string | null>
}

/** How often each deed comes; an order needs about seven advances to its end, so open orders stay about as many. */
const orderWeight = 12
const deeds: readonly (readonly [weight: number, deed: Deed])[] = [
  [orderWeight, placeOrder],
  [70, advanceOrder],
  [1, cancelOrder],
  [1, requestReturn],
  [4, announceReceipt],
  [5, receiveGoods],
  [1, inspectReturns],
  [2, settleRefund],
  [5, runPostings],
  [2, changePrice],
  [2, moveCustomer],
  [2, feedStock],
]
const totalWeight = deeds.reduce((sum, [weight]) => sum + weight, 0)

/** Keeps nothing but a counter: what it needs to know it reads from the sources, so it may stop and start at any time. */
export function createSimulator(options: SimulatorOptions, pause: () => Promise<void> = async () => {}): Simulator {
  let steps = 0
  return {
    async step() {
      const random = createRandom(options.seed, streams.step, steps)
      const trade: Trade = { databases: options.databases, random, now: options.clock, pause }
      const deed = drawDeed(random.next())
      const done = await deed(trade)
      // A deed that failed is tried again with the same draws.
      steps += 1
      return done
    },
  }
}

function drawDeed(draw: number): Deed {
  let left = draw * totalWeight
  for (const [weight, deed] of deeds) {
    left -= weight
    if (left < 0) return deed
  }
  return advanceOrder
}

export type StartSimulatorOptions = SimulatorOptions & {
  /** New orders per minute, above 0 and at most 60,000; about eight further deeds go with each. */
  readonly ratePerMinute: number
  readonly signal: AbortSignal
  readonly onStep?: (what: string) => void
  /** Told of every step that failed, e.g. because a source is down; the next try comes after a growing wait of at most 15 s. */
  readonly onFault?: (error: unknown) => void
}

const longestWaitMs = 15_000
const longestNewsDelayMs = 250

/** Trades until aborted; resolves then. Never rejects on a source's fault. */
export async function startSimulator(options: StartSimulatorOptions): Promise<void> {
  const { ratePerMinute, signal } = options
  if (!(ratePerMinute > 0 && ratePerMinute <= 60_000)) {
    throw new RangeError(
      `Cannot start the simulator: the rate must be above 0 and at most 60,000 a minute, got ${ratePerMinute}`,
    )
  }
  const intervalMs = (60_000 / ratePerMinute) * (orderWeight / totalWeight)
  const newsDelayMs = Math.min(longestNewsDelayMs, intervalMs / 5)
  const simulator = createSimulator(options, () => wait(newsDelayMs, signal))
  let dueMs = performance.now()
  let faults = 0
  while (!signal.aborted) {
    try {
      const what = await simulator.step()
      if (what !== null) options.onStep?.(what)
      faults = 0
      // When the sources are slower than the rate, missed deeds are not made up for.
      dueMs = Math.max(dueMs + intervalMs, performance.now())
    } catch (error) {
      if (!signal.aborted) options.onFault?.(error)
      faults += 1
      dueMs = performance.now() + Math.min(longestWaitMs, 250 * 2 ** Math.min(faults, 10))
    }
    await wait(dueMs - performance.now(), signal)
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await sleep(ms, undefined, { signal }).catch(() => {})
}
