import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { until } from '../../../support/until.ts'
import { openFulfillmentWorld } from '../fulfillment/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

/** As `openFulfillmentWorld`, and orders are edited there. */
export async function openEditingWorld(options?: Parameters<typeof openFulfillmentWorld>[0]) {
  const world = await openFulfillmentWorld(options)
  let keys = 0
  return {
    ...world,
    /** An order as it is read: its version, and its lines by SKU. */
    async read(
      orderId: string,
    ): Promise<{ version: number; lines: Readonly<Record<string, { id: string; quantity: number }>> }> {
      const { order: found } = await world.askOrders(
        'query ($id: ID) { order(id: $id) { version lines { id sku quantity } } }',
        {
          id: orderId,
        },
      )
      const lines = found.lines.map(({ sku, ...line }: { sku: string }) => [sku, line])
      return { version: found.version, lines: Object.fromEntries(lines) }
    },
    /** As `editOrder`, for the version the order is of where the input names no other; where processes run, as stock has decided it. */
    async editOrder(input: JsonObject, viewer?: Viewer): Promise<Answer> {
      const { order: found } = await world.askOrders('query ($id: ID) { order(id: $id) { version } }', {
        id: input.orderId ?? '',
      })
      const told = {
        idempotencyKey: `edit-${++keys}`,
        reason: 'changed their mind',
        expectedVersion: found?.version ?? 1,
      }
      const ask = async () => (await world.askOrders(editText, { input: { ...told, ...input } }, viewer)).answer
      const first = await ask()
      if (options?.runs === false || first.editRequest?.state !== 'REQUESTED') return first
      // On a busy machine stock takes longer than the answer waits: the same key asks what became of it.
      const decided = await until('stock has decided', async () => {
        const again = await ask()
        return again.editRequest?.state === 'REQUESTED' ? null : again
      })
      return 'replayed' in decided ? { ...decided, replayed: first.replayed } : decided
    },
    async withdraw(input: JsonObject): Promise<Answer> {
      const given = { idempotencyKey: `edit-${++keys}`, reason: 'the shop is closed', ...input }
      return (await world.askOrders(withdrawText, { input: given })).answer
    },
    /** The newest edit that was asked for of an order. */
    async newestEdit(orderId: string): Promise<Answer> {
      const query = `query ($id: ID) { order(id: $id) { editRequests(first: 1) { ${editFields} } } }`
      return (await world.askOrders(query, { id: orderId })).order.editRequests[0]
    },
  }
}

export type EditingWorld = Awaited<ReturnType<typeof openEditingWorld>>

const editFields = `
  id state reason requestedBy orderVersion system settledAt ageSeconds overdueBySeconds refusal { reason }
  changes { __typename ... on OrderLineAdded { lineId quantity item { sku variant { id } } }
    ... on OrderLineRemoved { lineId quantity } ... on OrderLineQuantityChanged { lineId previousQuantity quantity } }`

const editText = `mutation ($input: EditOrderInput!) { answer: editOrder(input: $input) {
  __typename ... on DomainError { code message path }
  ... on EditOrderSuccess { replayed editRequest { ${editFields} } }
  ... on EditOrderRefused { reason editRequest { ${editFields} }
    shortfalls { requested available alternatives { available location { id } } } }
  ... on OrderLineNotFound { lineId } ... on OrderNotEditable { state allowed }
  ... on OrderLineNotEditable { lineId leastQuantity } ... on OrderEditUnderWay { editRequest { id } }
  ... on InvalidOrderChanges { changes { index reason message } } ... on VersionConflict { currentVersion } } }`

const withdrawText = `mutation ($input: WithdrawOrderEditInput!) { answer: withdrawOrderEdit(input: $input) {
  __typename ... on DomainError { code message path }
  ... on WithdrawOrderEditSuccess { replayed editRequest { state withdrawal { reason withdrawnBy } } }
  ... on OrderEditNotPending { editRequest { state } } } }`
