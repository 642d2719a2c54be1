import { expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import { startChild } from '../../support/child.ts'
import { until } from '../../support/until.ts'
import { openHarness, secret, secretKey } from './harness.ts'
import { isSignedWith, startReceiver } from './receiver.ts'

it('a process killed in the middle of a delivery: another sends it again under the same id, in order', async () => {
  await using harness = await openHarness(systemClock)
  await using receiver = await startReceiver()
  const id = await harness.register(receiver.url)
  const names = Array.from({ length: 20 }, (_, index) => `m${String(index).padStart(2, '0')}`)
  receiver.answer(({ id: message }, response) => {
    // The first process never hears an answer to this one.
    if (message !== 'msg_m07' || receiver.received.filter((one) => one.id === message).length > 1) {
      response.writeHead(204).end()
    }
  })
  await using first = startChild('webhook-child.ts', [harness.test.url, secretKey])
  await first.line('ready', 60_000)
  await harness.enqueue(id, ...names)
  await until('the fatal one is under way', () => receiver.received.some((one) => one.id === 'msg_m07'))
  await first.kill('SIGKILL')
  await using second = startChild('webhook-child.ts', [harness.test.url, secretKey])
  await second.line('ready', 60_000)
  await until('all are delivered', async () => {
    const deliveries = await harness.deliveries(id)
    return deliveries.every(({ state }) => state === 'DELIVERED')
  })
  const ids = receiver.received.map((one) => one.id)
  expect(ids.filter((one) => one === 'msg_m07')).toHaveLength(2)
  expect([...new Set(ids)]).toEqual(names.map((name) => `msg_${name}`))
  expect(ids).toEqual(ids.toSorted())
  expect(receiver.received.every((one) => isSignedWith(secret, one))).toBe(true)
}, 120_000)
