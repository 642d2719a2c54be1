import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../platform/telemetry/metrics.ts'

describe('metrics', () => {
  it('writes what was counted, measured and observed', async () => {
    const metrics = createMetrics()
    const count = metrics.counter({ name: 'calls_total', help: 'Calls', labels: ['subgraph'] })
    const measure = metrics.histogram({ name: 'call_seconds', help: 'Time', labels: [], buckets: [0.1, 1] })
    metrics.observedGauge({
      name: 'lag',
      help: 'Lag',
      labels: ['reader'],
      read: () => [{ labels: { reader: 'r' }, value: 3 }],
    })
    count({ subgraph: 'orders' })
    count({ subgraph: 'orders' }, 2)
    measure({}, 0.5)
    const text = await metrics.text()
    expect(text).toContain('storeloom_calls_total{subgraph="orders"} 3')
    expect(text).toContain('storeloom_call_seconds_bucket{le="0.1"} 0')
    expect(text).toContain('storeloom_call_seconds_bucket{le="1"} 1')
    expect(text).toContain('storeloom_lag{reader="r"} 3')
    expect(metrics.contentType).toContain('text/plain')
  })

  it('shows observed values as they are at the scrape', async () => {
    const metrics = createMetrics()
    let value = 1
    metrics.observedCounter({ name: 'seen_total', help: 'Seen', labels: [], read: () => [{ labels: {}, value }] })
    expect(await metrics.text()).toContain('storeloom_seen_total 1')
    value = 5
    expect(await metrics.text()).toContain('storeloom_seen_total 5')
  })

  it('does not grow without bound, whatever the labels say', async () => {
    const metrics = createMetrics()
    const count = metrics.counter({ name: 'calls_total', help: 'Calls', labels: ['operation'] })
    for (let index = 0; index < 5_000; index++) count({ operation: `op${index}` })
    const series = (await metrics.text()).split('\n').filter((line) => line.startsWith('storeloom_calls_total{'))
    expect(series.length).toBe(501)
    expect(series.at(-1)).toBe('storeloom_calls_total{operation="other"} 4500')
  })

  it('keeps registries apart', async () => {
    const one = createMetrics()
    const two = createMetrics()
    one.counter({ name: 'calls_total', help: 'Calls', labels: [] })({})
    two.counter({ name: 'calls_total', help: 'Calls', labels: [] })
    expect(await one.text()).toContain('storeloom_calls_total 1')
    expect(await two.text()).toContain('storeloom_calls_total 0')
  })
})
