import { openReservationWorld, type ReservationWorld } from './world.ts'

type Input = Readonly<Record<string, unknown>>

/** Channels and locations of `openReservationWorld`; what is owed is placed when a test says so. */
export type OwedWorld = ReservationWorld & {
  /** May be backordered. */
  sellAhead(sku: string): Promise<void>
  /** A purchase order is on its way. */
  comes(sku: string, quantity: number, code?: string): Promise<void>
  /** All of it on its way, held. @returns the reservation. @throws Error unless it is one that no location has */
  hold(sku: string, quantity: number, overrides?: Input): Promise<string>
  confirm(id: string): Promise<void>
  /** As `hold`, confirmed. */
  owe(sku: string, quantity: number, overrides?: Input): Promise<string>
  /** One unit each, promised at one moment. @returns the oldest first */
  oweMany(sku: string, count: number, overrides?: Input): Promise<readonly string[]>
  /** The source counts what is on hand at a place, none of it committed. */
  count(sku: string, code: string, onHand: number): Promise<void>
  /** So many units of a variant are a channel's own. */
  fence(sku: string, channelId: string, units: number): Promise<void>
  /** Without the second that what is told in bursts is waited for. @returns the reservations that were placed with the codes of their places, in the order in which they were promised */
  placeOwed(): Promise<readonly (readonly [string, string])[]>
  /** One step. @returns what it looked at */
  placeOnce(): Promise<number>
  /** Variants to be looked at, now or later. */
  due(): Promise<readonly string[]>
  /** Until what is looked at again is due. */
  passAWhile(): Promise<void>
}

const sku = (value: string) => ({ namespace: 'sku', value })
const inFiveDays = () => new Date(Date.now() + 5 * 86_400_000).toISOString()

export async function openOwedWorld(): Promise<OwedWorld> {
  const shop = await openReservationWorld()
  const { world } = shop

  async function wait(of: string, quantities: readonly number[], overrides: Input): Promise<readonly string[]> {
    const lines = quantities.map((quantity, at) => ({ lineId: `${at}`, sku: of, quantity, allowBackorder: true }))
    const answer = await shop.reserve('', 0, { lines, ...overrides })
    const { reservations = [] } = answer
    if (reservations.length !== lines.length || reservations.some((one: Input) => one.location !== null)) {
      throw new Error(`Cannot owe ${quantities}: the answer is ${JSON.stringify(answer)}`)
    }
    return reservations.map(({ id }: { id: string }) => id)
  }

  async function confirm(...ids: readonly string[]): Promise<void> {
    const items = ids.map((reservationId) => ({ reservationId }))
    const answer = await shop.mutate('confirmReservation', { orderId: `order of ${ids[0]}`, items })
    if (answer.__typename !== 'ReservationSuccess') throw new Error(JSON.stringify(answer))
    await world.settle()
  }

  async function hold(of: string, quantity: number, overrides: Input = {}): Promise<string> {
    const [id = ''] = await wait(of, [quantity], overrides)
    await world.settle()
    return id
  }

  async function placed(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await world.database.query<{ id: string; code: string }>(
      `select own.id, location.code from inventory.reservations as own
       join inventory.locations as location on location.id = own.location_id order by created_at, own.id`,
    )
    return new Map(rows.map(({ id, code }) => [id, code]))
  }

  const comeDue = (seconds: number) =>
    world.database.query(
      "update inventory.owed_variants set due_at = least(due_at, clock_timestamp()) where due_at < clock_timestamp() + $1 * interval '1 second'",
      [seconds],
    )

  const placeOnce = async () => shop.task('inventory.place-owed').run()

  return {
    ...shop,
    hold,
    confirm: (id) => confirm(id),
    placeOnce,
    async sellAhead(of) {
      await world.deliver('catalogue', { [of]: { variant: of, backorderable: true } })
      await world.deliver('selling-terms', { [of]: { variant: sku(of) } })
    },
    async comes(of, quantity, code = 'DC1') {
      const order = {
        ...{ kind: 'PURCHASE_ORDER', variant: sku(of), destination: { namespace: 'location-code', value: code } },
        ...{ quantity, received: 0, eta: inFiveDays(), confidence: 0.95, state: 'CONFIRMED' },
      }
      await world.deliver('supply', { [`${of} to ${code}`]: order })
    },
    async owe(of, quantity, overrides = {}) {
      const id = await hold(of, quantity, overrides)
      await confirm(id)
      return id
    },
    async oweMany(of, count, overrides = {}) {
      const ids: string[] = []
      while (ids.length < count) {
        const made = await wait(of, Array(Math.min(50, count - ids.length)).fill(1), overrides)
        await confirm(...made)
        ids.push(...made)
      }
      return ids
    },
    count: (of, code, onHand) => shop.commit(of, code, onHand, 0),
    async fence(of, channelId, units) {
      const allocation = { channelId, variant: sku(of), mode: 'RING_FENCED', units, consumed: 0 }
      await world.deliver('channel-allocation', { [`${of} of ${channelId}`]: allocation })
    },
    async placeOwed() {
      const before = await placed()
      await comeDue(2)
      for (let looks = 0; (await placeOnce()) > 0; looks += 1) {
        if (looks === 1_000) throw new Error('Cannot place what is owed: there is always more to look at')
        await world.settle()
        await comeDue(2)
      }
      return [...(await placed())].filter(([id]) => !before.has(id))
    },
    async due() {
      const { rows } = await world.database.query<{ id: string }>(
        'select variant_id as id from inventory.owed_variants order by 1',
      )
      return rows.map(({ id }) => id)
    },
    async passAWhile() {
      await comeDue(86_400)
    },
  }
}
