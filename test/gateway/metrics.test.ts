import { expect, it } from 'vitest'
import { createGatewayMetrics } from '../../gateway/metrics.ts'
import { createMetrics } from '../../platform/telemetry/metrics.ts'
import { describeBothRoads } from '../support/both-roads.ts'
import { ask, startGateway } from '../support/start-gateway.ts'

describeBothRoads('gateway metrics', () => {
  it('count requests by kind and outcome, and errors by code', async () => {
    const metrics = createMetrics()
    await using started = await startGateway({ observer: createGatewayMetrics(metrics) })
    await ask(started.url, '{ shelves }')
    await ask(started.url, '{ refused now }')
    await ask(started.url, '{ nope also }')
    const text = await metrics.text()
    const count = 'storeloom_gateway_request_duration_seconds_count'
    expect(text).toContain(`${count}{kind="query",outcome="ok"} 1`)
    expect(text).toContain(`${count}{kind="query",outcome="partial"} 1`)
    expect(text).toContain(`${count}{kind="none",outcome="GRAPHQL_VALIDATION_FAILED"} 1`)
    expect(text).toContain('storeloom_gateway_errors_total{code="FORBIDDEN"} 1')
    expect(text).toContain('storeloom_gateway_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 2')
  })
})
