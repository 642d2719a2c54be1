import { contactRows } from './crm/rows.ts'
import { costRows, erpMasterRows, invoiceRows } from './erp/rows.ts'
import { knownBriefs } from './known-orders.ts'
import { accountRows, channelRows, feedRows, orderRows } from './oms/rows.ts'
import { drawBrief, type World } from './order-brief.ts'
import { type OrderPlan, planOrder } from './order-plan.ts'
import { paymentRows } from './psp/rows.ts'
import { createRandom, streams } from './random.ts'
import { type Batch, inBatches, type TableRow } from './rows.ts'
import type { DemoOptions } from './size.ts'
import { type Allocations, addAllocations, fulfilmentRows, nodeRows, stockRows } from './wms/rows.ts'
import { createWorld } from './world.ts'

/**
 * All rows of the five source databases, in an order that satisfies their foreign keys. The same options give the same
 * rows. Holds the catalogue, the sites and one batch per table at a time.
 */
export function* generateDemoEstate(options: DemoOptions): Generator<Batch> {
  const world = createWorld(options)
  yield* inBatches(masterRows(world))
  yield* inBatches(tradeRows(world))
}

function* masterRows(world: World): Generator<TableRow> {
  yield* erpMasterRows(world)
  yield* nodeRows(world)
  yield* channelRows()
  yield* feedRows(world)
  yield* accountRows(world)
  yield* contactRows(world)
}

function* tradeRows(world: World): Generator<TableRow> {
  const nowMs = world.referenceTime.getTime()
  const allocations: Allocations = new Map()
  for (const plan of orderPlans(world)) {
    addAllocations(world, plan, allocations)
    yield* orderRows(plan)
    yield* paymentRows(plan)
    yield* fulfilmentRows(plan, nowMs)
    yield* invoiceRows(plan, nowMs)
    yield* costRows(plan)
  }
  yield* stockRows(world, allocations)
}

function* orderPlans(world: World): Generator<OrderPlan> {
  const nowMs = world.referenceTime.getTime()
  for (const brief of knownBriefs(world))
    yield planOrder(brief, createRandom(world.seed, streams.order, brief.index), nowMs)
  for (let index = 0; index < world.size.orders; index += 1) {
    const { brief, random } = drawBrief(world, index)
    yield planOrder(brief, random, nowMs)
  }
}
