import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { takeStep } from '../../../../subgraphs/inventory/transfers/lifecycle.ts'
import { type KeptTransfer, receive, stateOf } from '../../../../subgraphs/inventory/transfers/transfer.ts'
import { service, staff } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from '../reservations/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any
type Input = Readonly<Record<string, unknown>>

/** By the table of the model, written down once more: from each state what each step makes of it. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  DRAFT: { request: 'REQUESTED', cancel: 'CANCELLED' },
  REQUESTED: { approve: 'APPROVED', cancel: 'CANCELLED' },
  APPROVED: { dispatch: 'DISPATCHED', cancel: 'CANCELLED' },
  CANCELLED: {},
  DISPATCHED: { part: 'PARTIALLY_RECEIVED', all: 'RECEIVED', finish: 'SHORT' },
  PARTIALLY_RECEIVED: { all: 'RECEIVED', finish: 'SHORT' },
  RECEIVED: {},
  SHORT: {},
}
const targets = { request: 'REQUESTED', approve: 'APPROVED', cancel: 'CANCELLED', dispatch: 'DISPATCHED' } as const

it('takes legal steps alone, whatever is asked in whatever order, and each version once (K055)', () => {
  const asked = fc.record({
    step: fc.constantFrom('request', 'approve', 'cancel', 'dispatch', 'part', 'all', 'finish'),
    stale: fc.boolean(),
  })
  // Mostly the way it should go, so that the far states are met too.
  const onward = fc.constantFrom('request', 'approve', 'dispatch', 'part', 'all', 'finish')
  const steps = fc.oneof(
    fc.array(asked, { maxLength: 12 }),
    fc
      .subarray(['request', 'approve', 'dispatch'] as const)
      .chain((head) =>
        fc.array(onward, { maxLength: 4 }).map((tail) => [...head, ...tail].map((step) => ({ step, stale: false }))),
      ),
  )
  const met = new Set<string>()
  fc.assert(
    fc.property(steps, (all) => {
      let transfer = draft
      for (const { step, stale } of all) {
        const before = transfer
        const state = stateOf(before)
        met.add(state)
        const result = perform(before, step, stale)
        const legal = table[state]?.[step]
        if (legal === undefined || (stale && step in targets)) {
          expect(result).toBeNull()
          continue
        }
        transfer = result ?? before
        expect([stateOf(transfer), transfer.version]).toEqual([legal, before.version + 1])
        met.add(legal)
      }
    }),
    { numRuns: 2_000 },
  )
  expect([...met].sort()).toEqual(Object.keys(table).sort())
})

const moment = '2026-10-01T12:00:00.000Z'
const decision = { by: 'a test', reason: null }
const draft: KeptTransfer = {
  ...{ id: 'trf_1', tenant: 't', fromLocationId: 'dc', toLocationId: 'store', stage: 'DRAFT', dispatchedAt: null },
  ...{ expectedAt: null, closedAt: null, documentRef: null, decision, version: 1 },
  lines: [{ lineId: '1', variantId: 'v', quantity: 9, dispatched: 0, received: 0, damaged: 0, lost: 0 }],
}

/** @returns null where it is refused */
function perform(before: KeptTransfer, step: string, stale: boolean): KeptTransfer | null {
  if (step in targets) {
    const to = targets[step as keyof typeof targets]
    const expectedVersion = stale ? before.version - 1 : before.version
    const result = takeStep(before, { to, expectedVersion, decision, at: moment, expectedAt: null })
    return result.kind === 'taken' ? result.after : null
  }
  const inTransit = before.lines.reduce((sum, line) => sum + line.dispatched - line.received, 0)
  // A part of what is there once, so that a second one is nothing the table speaks of.
  if (step === 'part' && inTransit < 9) return null
  const received = step === 'part' ? 1 : step === 'all' ? inTransit : 0
  const arrivals = received === 0 ? [] : [{ lineId: '1', received, damaged: 0 }]
  const result = receive(before, arrivals, step === 'finish', decision, moment)
  return result.kind === 'received' ? result.after : null
}

describe('a planned transfer', () => {
  let shop: ReservationWorld
  let keys = 0
  beforeEach(async () => {
    shop = await openReservationWorld()
    await shop.stock('A', { DC1: 10, S1: 3 })
  })
  afterEach(() => shop[Symbol.asyncDispose]())

  const wms: Viewer = { ...service, tenant: 'test' }
  const operations: Viewer = { ...staff(['ops-admin']), tenant: 'test', clientId: 'console' }
  const associate = async (code: string): Promise<Viewer> => ({
    ...staff(['store-associate'], [await shop.locationId(code)]),
    tenant: 'test',
  })

  const fields = `id state version changedBy changeReason dispatchedAt closedAt lines { quantity dispatched inTransit }`
  const inputTypes: Readonly<Record<string, string>> = {
    draftTransfer: 'DraftTransferInput',
    dispatchTransfer: 'DispatchTransferInput',
  }

  async function send(name: string, input: Input, viewer: Viewer = operations): Promise<Answer> {
    const more =
      name === 'draftTransfer'
        ? ''
        : `... on IllegalTransferStep { state allowed } ... on VersionConflict { currentVersion }
           ... on InsufficientStock { shortfalls { requested available } }`
    const { data, errors }: Answer = await shop.world.tryToAsk(
      `mutation ($input: ${inputTypes[name] ?? 'TransferStepInput'}!) { answer: ${name}(input: $input) {
        __typename ... on DomainError { code message path } ... on InvalidLines { lines { reason } }
        ... on TransferSuccess { replayed transfer { ${fields} } } ${more} } }`,
      { input: { idempotencyKey: `step-${++keys}`, reason: `to ${name}`, ...input } },
      viewer,
    )
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return data.answer
  }

  async function draft(quantity: number, more: Input = {}, viewer?: Viewer): Promise<Answer> {
    const [fromLocationId, toLocationId] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const lines = [{ lineId: '1', sku: 'A', quantity }]
    return await send('draftTransfer', { fromLocationId, toLocationId, lines, ...more }, viewer)
  }

  async function approved(quantity: number): Promise<string> {
    const { transfer } = await draft(quantity)
    await send('requestTransfer', { transferId: transfer.id, expectedVersion: 1 })
    await send('approveTransfer', { transferId: transfer.id, expectedVersion: 2 })
    return transfer.id
  }

  it('moves nothing until it is dispatched, and the log keeps who took each step, and why', async () => {
    const asked = await draft(6, { expectedAt: '2026-10-02T08:00:00Z' }, await associate('S1'))
    const transferId = asked.transfer.id
    expect(asked.transfer).toEqual({
      ...{ id: expect.stringMatching(/^trf_/), state: 'DRAFT', version: 1, dispatchedAt: null, closedAt: null },
      ...{ changedBy: 's1', changeReason: 'to draftTransfer', lines: [{ quantity: 6, dispatched: 0, inTransit: 0 }] },
    })
    expect((await send('requestTransfer', { transferId, expectedVersion: 1 })).transfer.state).toBe('REQUESTED')
    expect((await send('approveTransfer', { transferId, expectedVersion: 2 })).transfer.state).toBe('APPROVED')
    expect(await shop.ats('A')).toBe(13)
    const left = await send('dispatchTransfer', { transferId, expectedVersion: 3 }, wms)
    expect(left.transfer).toMatchObject({
      ...{ state: 'DISPATCHED', version: 4, changedBy: wms.clientId, dispatchedAt: '2026-10-01T12:00:00.000Z' },
      lines: [{ quantity: 6, dispatched: 6, inTransit: 6 }],
    })
    expect(await shop.ats('A')).toBe(7)
    await shop.world.settle()
    const told = (await shop.world.events()).filter(({ subject }) => subject === transferId)
    expect(told.map(({ type, data }) => [type, data.state, data.version, data.decision])).toEqual(
      ['draft', 'request', 'approve', 'dispatch'].map((step, at) => [
        'retail.inventory.transfer-changed.v1',
        ['DRAFT', 'REQUESTED', 'APPROVED', 'DISPATCHED'][at],
        at + 1,
        { by: at === 3 ? wms.clientId : 's1', reason: `to ${step}Transfer` },
      ]),
    )
  })

  it('leaves what somebody was promised meanwhile, and stays approved', async () => {
    const transferId = await approved(8)
    await shop.reserve('A', 4, { locationId: await shop.locationId('DC1') })
    expect(await send('dispatchTransfer', { transferId, expectedVersion: 3 })).toMatchObject({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 8, available: 6 }],
    })
    const gone = await send('cancelTransfer', { transferId, expectedVersion: 3 })
    expect(gone.transfer).toMatchObject({ state: 'CANCELLED', version: 4, closedAt: expect.any(String) })
    expect(await send('dispatchTransfer', { transferId, expectedVersion: 4 })).toMatchObject({
      ...{ __typename: 'IllegalTransferStep', code: 'CONFLICT', state: 'CANCELLED', allowed: [] },
      path: ['input', 'transferId'],
    })
    expect(await shop.ats('A')).toBe(9)
  })

  it('is approved or cancelled by one of those who know the same version, and each key counts once', async () => {
    const { transfer } = await draft(6)
    const step = { transferId: transfer.id, expectedVersion: 1 }
    const first = await send('requestTransfer', { ...step, idempotencyKey: 'k' })
    expect(await send('requestTransfer', { ...step, idempotencyKey: 'k' })).toEqual({ ...first, replayed: true })
    expect(await send('requestTransfer', { ...step, idempotencyKey: 'k', reason: 'another' })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
    })
    const next = { transferId: transfer.id, expectedVersion: 2 }
    const racing = await Promise.all(
      ['approveTransfer', 'cancelTransfer', 'approveTransfer', 'cancelTransfer'].map((name) => send(name, next)),
    )
    expect(racing.map(({ __typename }) => __typename).sort()).toEqual([
      'TransferSuccess',
      ...Array.from({ length: 3 }, () => 'VersionConflict'),
    ])
    expect(racing.find(({ __typename }) => __typename === 'VersionConflict')).toMatchObject({
      ...{ code: 'CONFLICT', currentVersion: 3, path: ['input', 'expectedVersion'] },
    })
  })

  it('is not received before it left, nor stepped on after', async () => {
    const transferId = await approved(6)
    const receive = (input: Input): Promise<Answer> =>
      shop.world.tryToAsk(
        `mutation ($input: ReceiveTransferInput!) { receiveTransfer(input: $input) {
          __typename ... on IllegalTransferStep { state allowed message } } }`,
        { input: { idempotencyKey: `r-${++keys}`, transferId, ...input } },
        wms,
      )
    const { data } = await receive({ lines: [], final: true })
    expect(data.receiveTransfer).toMatchObject({ state: 'APPROVED', allowed: ['DISPATCHED', 'CANCELLED'] })
    await send('dispatchTransfer', { transferId, expectedVersion: 3 })
    await receive({ lines: [{ lineId: '1', received: 6 }] })
    expect(await send('cancelTransfer', { transferId, expectedVersion: 5 })).toMatchObject({
      ...{ __typename: 'IllegalTransferStep', state: 'RECEIVED', allowed: [] },
    })
    expect(await send('cancelTransfer', { transferId: 'trf_none', expectedVersion: 1 })).toMatchObject({
      ...{ __typename: 'TransferNotFound', code: 'NOT_FOUND' },
    })
    expect(await send('cancelTransfer', { transferId, expectedVersion: 5, reason: '' })).toMatchObject({
      lines: [{ reason: 'BAD_TEXT' }],
    })
    expect(
      await send('dispatchTransfer', { transferId, expectedVersion: 5, dispatchedAt: '2999-01-01T00:00:00Z' }),
    ).toMatchObject({ lines: [{ reason: 'BAD_TIME' }] })
  })

  it('is for who stands at one of its ends, leaves by who stands at the first, and is listed for them', async () => {
    const [dc, store, other] = [await associate('DC1'), await associate('S1'), await associate('S2')]
    expect(await draft(1, {}, other)).toMatchObject({ __typename: 'NotAuthority', path: ['input', 'fromLocationId'] })
    const { transfer } = await draft(1, {}, store)
    await draft(2)
    const step = { transferId: transfer.id, expectedVersion: 1 }
    expect(await send('requestTransfer', step, other)).toMatchObject({ __typename: 'NotAuthority' })
    await send('requestTransfer', step, dc)
    await send('approveTransfer', { ...step, expectedVersion: 2 })
    const dispatch = { ...step, expectedVersion: 3 }
    expect(await send('dispatchTransfer', dispatch, store)).toMatchObject({ __typename: 'NotAuthority' })
    const list = async (viewer: Viewer, after?: string): Promise<Answer> =>
      (
        (await shop.world.tryToAsk(
          `query ($after: String) { plannedTransfers(first: 1, after: $after) {
            edges { node { state } } pageInfo { hasNextPage endCursor } } }`,
          { after },
          viewer,
        )) as Answer
      ).data.plannedTransfers
    const page = await list(store)
    expect(page).toMatchObject({ edges: [{ node: { state: 'APPROVED' } }], pageInfo: { hasNextPage: true } })
    expect((await list(store, page.pageInfo.endCursor)).edges).toEqual([{ node: { state: 'DRAFT' } }])
    expect((await list(other)).edges).toEqual([])
    expect((await send('dispatchTransfer', dispatch, dc)).transfer.state).toBe('DISPATCHED')
    expect((await list(store)).pageInfo.hasNextPage).toBe(false)
  })
})
