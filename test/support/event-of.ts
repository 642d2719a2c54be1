import type { NewEvent } from '../../platform/event-log/event-log.ts'

/** An event of the aggregate `id`, complete but for what the test is about. */
export function eventOf(id: string, overrides: Partial<NewEvent> = {}): NewEvent {
  return {
    type: 'retail.thing.changed.v1',
    source: `/tenants/test/things/thing/${id}`,
    subject: id,
    time: '2026-01-02T03:04:05.678Z',
    data: { id },
    partitionKey: id,
    authority: 'test',
    ...overrides,
  }
}
