import { expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { staff } from '../../../support/viewers.ts'
import { shipmentData } from '../documents.ts'
import { openFulfillmentWorld } from './world.ts'

const text = `mutation ($input: AcknowledgeRerouteInput!) { answer: acknowledgeReroute(input: $input) {
  __typename ... on DomainError { code message path }
  ... on AcknowledgeRerouteSuccess { replayed reroute { state acknowledgement { note acknowledgedBy acknowledgedAt } } }
  ... on RerouteNotOpen { reroute { state } } } }`

it('a reroute that no system closes is closed by who has seen to it, until something else goes wrong (K053)', async () => {
  await using world = await openFulfillmentWorld()
  let keys = 0
  const acknowledge = async (input: JsonObject, viewer?: Viewer) => {
    const given = { idempotencyKey: `a${++keys}`, note: 'the parcel is stopped', ...input }
    return (await world.askOrders(text, { input: given }, viewer)).answer
  }
  const open = async (): Promise<readonly string[]> =>
    (await world.askOrders('{ openReroutes { id } }')).openReroutes.map(({ id }: { id: string }) => id)
  const rerouted = async (key: string): Promise<string> => {
    const orderId = (await world.order(key, { A: 1 }, { locationId: world.locationId('S1') })) ?? ''
    await world.settle()
    const { id, version } = await world.live(orderId)
    const { reroute } = await world.reroute({ fulfillmentOrderId: id, expectedVersion: version })
    return reroute.id
  }
  const sendsAllTheSame = async (order: string) => {
    const names = { order: { namespace: 'oms', value: order }, location: { namespace: 'location-code', value: 'S1' } }
    await world.deliver('shipment', {
      [order]: shipmentData({ ...names, shippedAt: new Date().toISOString(), lines: [] }),
    })
    await world.settle()
  }

  await world.stock('A', { S1: 9, S2: 9 })
  const first = await rerouted('A-1')
  await world.report('t1', 'A-1', 'S2', 'ACCEPTED')
  await sendsAllTheSame('A-1')
  expect(await open()).toEqual([first])
  const elsewhere = { ...staff(['store-associate'], [world.locationId('S2')]), tenant: 'test' }
  expect(await acknowledge({ rerouteId: first }, elsewhere)).toMatchObject({
    __typename: 'RerouteNotFound',
    code: 'NOT_FOUND',
  })
  expect(await acknowledge({ rerouteId: 'rrt_none' })).toMatchObject({ __typename: 'RerouteNotFound' })
  await expect(acknowledge({ rerouteId: first, note: '' })).rejects.toThrow(
    'note has 0 characters, allowed are 1 to 200',
  )
  expect(await open()).toEqual([first])
  const input = { rerouteId: first, idempotencyKey: 'seen' }
  expect(await acknowledge(input)).toMatchObject({
    ...{ __typename: 'AcknowledgeRerouteSuccess', replayed: false },
    reroute: { state: 'MOVED', acknowledgement: { note: 'the parcel is stopped', acknowledgedBy: 'test' } },
  })
  expect(await acknowledge(input)).toMatchObject({ replayed: true })
  expect(await acknowledge({ ...input, note: 'other' })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  expect(await acknowledge({ rerouteId: first })).toMatchObject({
    __typename: 'RerouteNotOpen',
    reroute: { state: 'MOVED' },
  })
  expect(await open()).toEqual([])

  // Nobody says anything of this one, and then the old location sends it.
  const second = await rerouted('A-2')
  expect(await acknowledge({ rerouteId: second, note: 'both were called' })).toMatchObject({ replayed: false })
  expect(await open()).toEqual([])
  await sendsAllTheSame('A-2')
  expect(await open()).toEqual([second])
})
