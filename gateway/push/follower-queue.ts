import type { Delivery } from './registration.ts'

/** Deliveries that wait for a client to take them; bounded. */
export type FollowerQueue = {
  /** @returns false when it is full: the delivery is not kept */
  add(delivery: Delivery): boolean
  take(): Delivery | null
  size(): number
  /** How many were replaced by newer ones since it was last asked. */
  replaced(): number
}

export const queueBounds = { mostDeliveries: 256, mostChars: 1_000_000 }

/** Keeps everything, in order. */
export function createLosslessQueue(): FollowerQueue {
  let waiting: Delivery[] = []
  let next = 0
  let chars = 0
  // Whoever keeps up has one delivery at a time, and an array for each would cost more than the rest of the way.
  let single: Delivery | null = null
  return {
    add(delivery) {
      if (single === null && next === waiting.length) {
        single = delivery
        return true
      }
      if (single !== null) {
        waiting.push(single)
        chars += single.text.length
        single = null
      }
      if (waiting.length - next >= queueBounds.mostDeliveries) return false
      // One that is over the bound by itself must get through as well.
      if (chars + delivery.text.length > queueBounds.mostChars && waiting.length > next) return false
      chars += delivery.text.length
      waiting.push(delivery)
      return true
    },
    take() {
      if (single !== null) {
        const only = single
        single = null
        return only
      }
      const delivery = waiting[next]
      if (delivery === undefined) return null
      next += 1
      chars -= delivery.text.length
      if (next === waiting.length) {
        waiting = []
        next = 0
      }
      return delivery
    },
    size: () => (single === null ? waiting.length - next : 1),
    replaced: () => 0,
  }
}

/** Keeps the newest of each key, in the order in which the newest came. What is no event is never replaced. */
export function createConflatedQueue(): FollowerQueue {
  const waiting = new Map<string, Delivery>()
  let chars = 0
  let replacedCount = 0
  let serial = 0
  return {
    add(delivery) {
      const key = delivery.event === null ? `#${serial++}` : `=${delivery.key}`
      const before = waiting.get(key)
      const after = chars - (before?.text.length ?? 0) + delivery.text.length
      const full = before === undefined && waiting.size >= queueBounds.mostDeliveries
      if (full || (after > queueBounds.mostChars && waiting.size > 0)) return false
      if (before !== undefined) {
        replacedCount += 1
        waiting.delete(key)
      }
      chars = after
      waiting.set(key, delivery)
      return true
    },
    take() {
      for (const [key, delivery] of waiting) {
        waiting.delete(key)
        chars -= delivery.text.length
        return delivery
      }
      return null
    },
    size: () => waiting.size,
    replaced() {
      const count = replacedCount
      replacedCount = 0
      return count
    },
  }
}
