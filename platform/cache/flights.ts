/** How a load ended for one key. */
export type Landing<V> =
  | { readonly value: V | null; readonly readAtMs: number; readonly stale: boolean }
  | { readonly error: Error }

/** One load of one key that any number of readers wait for. */
export type Flight<K, V> = {
  readonly id: string
  readonly key: K
  readonly landed: Promise<Landing<V>>
  readonly land: (landing: Landing<V>) => void
  /** False once the key was invalidated after the load had begun: its value may be old and must not be kept. */
  current: boolean
  begun: boolean
}

/** Loads under way or about to begin, one per key at most, gathered into batches. */
export type Flights<K, V> = {
  /** The load to wait for; begins one with the next batch when there is none. */
  join(id: string, key: K): Flight<K, V>
  /** Readers from now on start a new load; those already waiting get what the old one finds. */
  invalidate(id: string): void
  invalidateAll(): void
  land(flight: Flight<K, V>, landing: Landing<V>): void
}

/** @param run loads one batch and lands each of its flights; must not reject */
export function createFlights<K, V>(
  maxBatchSize: number,
  run: (flights: readonly Flight<K, V>[]) => Promise<void>,
): Flights<K, V> {
  const byId = new Map<string, Flight<K, V>>()
  let waiting: Flight<K, V>[] = []

  // After this turn's I/O callbacks, so that keys of several requests that arrived together share one store read.
  function dispatch(): void {
    const batch = waiting
    waiting = []
    for (let start = 0; start < batch.length; start += maxBatchSize) {
      const flights = batch.slice(start, start + maxBatchSize)
      for (const flight of flights) flight.begun = true
      void run(flights)
    }
  }

  function outdate(flight: Flight<K, V>): void {
    // One that has not begun will see the change anyway.
    if (!flight.begun) return
    flight.current = false
    byId.delete(flight.id)
  }

  return {
    join(id, key) {
      const known = byId.get(id)
      if (known !== undefined) return known
      const flight = newFlight<K, V>(id, key)
      byId.set(id, flight)
      if (waiting.push(flight) === 1) setImmediate(dispatch)
      return flight
    },
    invalidate(id) {
      const flight = byId.get(id)
      if (flight !== undefined) outdate(flight)
    },
    invalidateAll() {
      for (const flight of [...byId.values()]) outdate(flight)
    },
    land(flight, landing) {
      if (byId.get(flight.id) === flight) byId.delete(flight.id)
      flight.land(landing)
    },
  }
}

function newFlight<K, V>(id: string, key: K): Flight<K, V> {
  let land: (landing: Landing<V>) => void = () => {}
  const landed = new Promise<Landing<V>>((resolve) => {
    land = resolve
  })
  return { id, key, landed, land, current: true, begun: false }
}
