import type { JsonObject } from '../../../platform/event-log/event-log.ts'

export function locationDocument(code: string, overrides: JsonObject = {}): JsonObject {
  return {
    code,
    name: `Location ${code}`,
    kind: 'STORE',
    timeZone: 'Europe/Paris',
    capabilities: ['SHIP', 'PICKUP'],
    active: true,
    ...overrides,
  }
}

export function channelDocument(id: string, overrides: JsonObject = {}): JsonObject {
  return { id, name: `Channel ${id}`, kind: 'WEB', methods: ['SHIP', 'PICKUP'], ...overrides }
}

export function stockDocument(sku: string, locationCode: string, overrides: JsonObject = {}): JsonObject {
  return {
    variant: { namespace: 'sku', value: sku },
    location: { namespace: 'location-code', value: locationCode },
    onHand: 10,
    ...overrides,
  }
}
