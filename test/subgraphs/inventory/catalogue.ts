import type { SourceHandler } from '../../../platform/connector/connector.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import type { Subgraph } from '../../../platform/subgraph/subgraph.ts'
import type { SubgraphWorldDeps } from '../../support/subgraph-world.ts'

/** Inventory with the catalogue's word on SKUs (documents `catalogue`) and categories (`category`), as the products subgraph says it. */
export function withCatalogue(create: (deps: SubgraphWorldDeps) => Subgraph) {
  return (deps: SubgraphWorldDeps): Subgraph => {
    const inventory = create(deps)
    return { ...inventory, sources: [...inventory.sources, catalogueSource, categorySource] }
  }
}

const catalogueSource: SourceHandler = {
  kind: 'catalogue',
  version: 1,
  normalize({ key, data, system, receivedAt }, { ids, tenant }) {
    const variantId = ids.idOf('variant', 'sku', key)
    const productId = ids.idOf('product', 'style', key)
    const body: JsonObject = {
      lifecycle: 'ACTIVE',
      backorderable: false,
      ...data,
      variantId,
      productId,
      sku: key,
      former: null,
    }
    return [toEvent('retail.variant.changed.v1', 'variant', variantId, body, { tenant, system, receivedAt })]
  },
}

const categorySource: SourceHandler = {
  kind: 'category',
  version: 1,
  normalize({ key, data, system, receivedAt }, { ids, tenant }) {
    const productId = ids.idOf('product', 'style', key)
    return [
      toEvent(
        'retail.product.changed.v1',
        'product',
        productId,
        { ...data, productId },
        { tenant, system, receivedAt },
      ),
    ]
  },
}

type Given = { readonly tenant: string; readonly system: string; readonly receivedAt: string }

function toEvent(type: string, aggregate: string, id: string, data: JsonObject, { tenant, system, receivedAt }: Given) {
  const source = `/tenants/${tenant}/products/${aggregate}/${id}`
  return { type, source, subject: id, time: receivedAt, data, partitionKey: id, authority: system }
}
