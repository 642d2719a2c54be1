import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { staff } from '../../../support/viewers.ts'
import { stockDocument } from '../documents.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any
type Input = Readonly<Record<string, unknown>>

/** Moments are times of the day of `worldNow`. */
export type RingFenceWorld = ReservationWorld & {
  /** The source counts a variant, which is named first: units on hand at DC1, and those it has committed itself. */
  count(sku: string, onHand: number, at: string, committed?: number, code?: string): Promise<void>
  /** The rule of the variant's quota, of Amazon unless said otherwise, whole: the first time a new one. @returns it, or the refusal */
  tell(sku: string, input: Input): Promise<Answer>
  /** Reserved and confirmed. @returns the reservation. @throws Error unless it is admitted */
  sell(sku: string, quantity: number, channelId?: string): Promise<string>
  allocate(id: string, at: string, quantity?: number): Promise<void>
  /** Without `at`: by the clock of the database. */
  consume(id: string, at?: string, quantity?: number): Promise<void>
  release(id: string, quantity?: number): Promise<void>
  /** Kinds and units of the terms. */
  explain(sku: string, channelId: string): Promise<readonly (readonly [string, number])[]>
  settle(): Promise<void>
}

const operations: Viewer = { ...staff(['ops-admin']), tenant: 'test', clientId: 'console' }

export async function openRingFenceWorld(): Promise<RingFenceWorld> {
  const shop = await openReservationWorld()
  const { world } = shop
  const rules = new Map<string, { readonly id: string; readonly expectedVersion: number }>()
  const named = new Set<string>()
  let keys = 0

  async function name(sku: string): Promise<void> {
    if (named.has(sku)) return
    named.add(sku)
    await world.deliver('catalogue', { [sku]: { variant: sku } })
  }

  async function change(mutation: string, id: string, quantity: number | undefined, at?: string): Promise<void> {
    const items = [{ reservationId: id, ...(quantity === undefined ? {} : { quantity }) }]
    const answer = await shop.mutate(mutation, { items, ...(at === undefined ? {} : { occurredAt: toMoment(at) }) })
    if (answer.__typename !== 'ReservationSuccess') throw new Error(JSON.stringify(answer))
  }

  return {
    ...shop,
    async count(sku, onHand, at, committed = 0, code = 'DC1') {
      await name(sku)
      const data = stockDocument(sku, code, { onHand, committed, occurredAt: toMoment(at) })
      await world.deliver('stock', { [`${sku}@${code}`]: data })
    },
    async tell(sku, { consumedAt, ...input }) {
      await name(sku)
      const { data, errors }: Answer = await world.tryToAsk(
        `mutation ($input: UpsertChannelAllocationInput!) { answer: upsertChannelAllocation(input: $input) {
          ... on DomainError { message }
          ... on StockRuleChanged { ruleId version rule { ... on ChannelAllocation { consumed consumedAt } } } } }`,
        {
          input: {
            ...{ idempotencyKey: `rule-${++keys}`, reason: 'a test', ...rules.get(sku) },
            ...{ channelId: 'amazon', sku, mode: 'RING_FENCED', ...input },
            ...(consumedAt === undefined ? {} : { consumedAt: toMoment(String(consumedAt)) }),
          },
        },
        operations,
      )
      if (errors !== undefined) throw new Error(JSON.stringify(errors))
      const { ruleId: id, version: expectedVersion, rule } = data.answer
      if (rule === undefined) return data.answer
      rules.set(sku, { id, expectedVersion })
      return rule
    },
    async sell(sku, quantity, channelId = 'amazon') {
      const owner = { kind: 'CART', id: `cart ${++keys}` }
      const { reservations } = await shop.reserve(sku, quantity, { channelId, owner })
      const { id } = reservations[0]
      await shop.mutate('confirmReservation', { orderId: `o-${keys}`, owner, items: [{ reservationId: id }] })
      return id
    },
    allocate: (id, at, quantity) => change('allocateReservation', id, quantity, at),
    consume: (id, at, quantity) => change('consumeReservation', id, quantity, at),
    release: (id, quantity) => change('releaseReservation', id, quantity),
    async explain(sku, channelId) {
      const answer: Answer = await world.ask(
        'query ($c: ID!, $items: [AvailabilityItem!]!) { availability(channelId: $c, items: $items) { ats explain { terms { kind units } } } }',
        { c: channelId, items: [{ sku }] },
      )
      return answer.availability[0].explain.terms.map(({ kind, units }: Answer) => [kind, units])
    },
    settle: () => world.settle(),
  }
}

function toMoment(time: string): string {
  return `2026-10-01T${time}:00.000Z`
}
