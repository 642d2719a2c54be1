import type { SourceHandler } from '../../../../platform/connector/connector.ts'
import { toFactEvent } from '../../../../platform/connector/fact.ts'
import type { Subgraph, Task } from '../../../../platform/subgraph/subgraph.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { readDrift } from '../../../../subgraphs/inventory/reservations/tidy.ts'
import { openSubgraphWorld, type SubgraphWorld, type SubgraphWorldDeps } from '../../../support/subgraph-world.ts'
import { channelDocument, locationDocument, stockDocument } from '../documents.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

export type ReservationWorld = AsyncDisposable & {
  readonly world: SubgraphWorld
  /** Names a variant and counts it: units by location code. */
  stock(sku: string, units: Readonly<Record<string, number>>, system?: string): Promise<void>
  reserve(sku: string, quantity: number, overrides?: Readonly<Record<string, unknown>>): Promise<Answer>
  mutate(name: string, input: Readonly<Record<string, unknown>>): Promise<Answer>
  ats(sku: string, channelId?: string): Promise<number>
  locationId(code: string): Promise<string>
  /** The source counts a position anew, with units it has allocated to orders. */
  commit(sku: string, code: string, onHand: number, committed: number): Promise<void>
  /** Lets what is held run out: the database's clock cannot be moved, so the rows are. */
  runOut(): Promise<void>
  tidy(): Promise<number>
  /** @throws Error when there is no such task */
  task(name: string): Task
  /** Rows, sums of legs and sums in the books, which must agree. */
  drift(): Promise<readonly unknown[]>
}

/** Channels web and amazon; locations DC1, S1 and S2. */
export async function openReservationWorld(): Promise<ReservationWorld> {
  let subgraph: Subgraph | undefined
  const world = await openSubgraphWorld((deps) => {
    subgraph = createBesideCatalogue(deps)
    return subgraph
  })
  await world.deliver('channel', {
    web: channelDocument('web', { methods: ['SHIP', 'PICKUP'] }),
    amazon: channelDocument('amazon', { methods: ['SHIP'], locationCodes: ['DC1'] }),
  })
  await world.deliver('location', {
    1: locationDocument('DC1', { kind: 'DC' }),
    2: locationDocument('S1'),
    3: locationDocument('S2'),
  })
  let keys = 0
  const nextKey = () => `key-${++keys}`

  async function mutate(name: string, input: Readonly<Record<string, unknown>>): Promise<Answer> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
    const inputType = inputTypes[name] ?? type
    const answer = await world.ask(
      `mutation ($input: ${inputType}!) { answer: ${name}(input: $input) { ${shared} ${name === 'reserveStock' ? reserved : changed} } }`,
      {
        input: { idempotencyKey: nextKey(), ...input },
      },
    )
    return answer.answer
  }

  return {
    world,
    mutate,
    async stock(sku, units, system = 'erp') {
      await world.deliver('catalogue', { [sku]: { variant: sku } })
      const documents = Object.entries(units).map(([code, onHand]) => [
        `${sku}@${code}`,
        stockDocument(sku, code, { onHand }),
      ])
      await world.deliver('stock', Object.fromEntries(documents), system)
    },
    reserve: (sku, quantity, overrides = {}) => {
      const { lines, ...rest } = overrides
      return mutate('reserveStock', {
        channelId: 'web',
        owner: { kind: 'CART', id: nextKey() },
        lines: lines ?? [{ lineId: '1', sku, quantity }],
        ...rest,
      })
    },
    async ats(sku, channelId = 'web') {
      const answer = await world.ask(
        'query ($c: ID!, $items: [AvailabilityItem!]!) { availability(channelId: $c, items: $items) { ats } }',
        { c: channelId, items: [{ sku }] },
      )
      return (answer as Answer).availability[0].ats
    },
    async locationId(code) {
      const answer = await world.ask('query ($code: String) { location(code: $code) { id } }', { code })
      return (answer as Answer).location.id
    },
    commit: (sku, code, onHand, committed) =>
      world.deliver('stock', { [`${sku}@${code}`]: stockDocument(sku, code, { onHand, committed }) }),
    async runOut() {
      await world.database.query(
        "update inventory.reservations set expires_at = clock_timestamp() - interval '10 seconds' where held > 0",
      )
    },
    async tidy() {
      return (await subgraph?.tasks?.[0]?.run()) ?? 0
    },
    task(name) {
      const found = subgraph?.tasks?.find((task) => task.name === name)
      if (found === undefined) throw new Error(`Cannot find the task ${name}`)
      return found
    },
    drift: () => readDrift(world.database),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const inputTypes: Readonly<Record<string, string>> = {
  releaseReservation: 'ReservationUnitsInput',
  allocateReservation: 'DatedReservationUnitsInput',
  consumeReservation: 'DatedReservationUnitsInput',
}

const shared = `
  __typename
  ... on DomainError { code message }
  ... on InsufficientStock { alternatives { method promise { kind } } shortfalls { variant { id } requested available promise { kind } alternatives { available location { code } } } }
  ... on InvalidLines { lines { lineId reason } }`

const reserved = `... on ReserveStockSuccess {
  replayed expiresAt plan { lineId quantity location { code } }
  reservations { id quantity held confirmed location { code } promise { kind availableAt guaranteed basis } }
}`

const changed = `
  ... on ReservationSuccess {
    replayed reservations { id quantity held confirmed allocated consumed released expired orderId location { code } }
  }
  ... on ReservationUnitsMissing { requested outstanding }`

function createBesideCatalogue(deps: SubgraphWorldDeps): Subgraph {
  const inventory = createInventory(deps)
  return { ...inventory, sources: [...inventory.sources, catalogueSource] }
}

const catalogueSource: SourceHandler = {
  kind: 'catalogue',
  version: 1,
  normalize(document, context) {
    const sku = String(document.data?.variant)
    const id = context.ids.idOf('variant', 'sku', sku)
    const { variant: _, ...said } = document.data ?? {}
    const data = { variantId: id, sku, former: null, ...said }
    return [
      toFactEvent(
        { type: 'retail.variant.changed.v1', aggregate: 'products/variant', id, data, occurredAt: null },
        document,
        context,
      ),
    ]
  },
}
