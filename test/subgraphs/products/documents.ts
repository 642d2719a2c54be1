import type { JsonObject } from '../../../platform/event-log/event-log.ts'

export function variantDocument(sku: string, overrides: JsonObject = {}): JsonObject {
  return {
    sku,
    title: `Variant ${sku}`,
    product: { key: 'TEE', title: 'Tee', description: null, brand: 'Loom', categoryPath: ['Clothes', 'Tops'] },
    ...overrides,
  }
}

export function priceDocument(sku: string, overrides: JsonObject = {}): JsonObject {
  return { variant: { namespace: 'sku', value: sku }, priceList: 'base', currency: 'EUR', amount: '10', ...overrides }
}
