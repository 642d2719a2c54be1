import { toProvenance } from '../../platform/connector/freshness.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { allReady, type MaybePromise, whenReady } from '../../platform/maybe-promise.ts'
import { toMoney } from '../../platform/money-answer.ts'
import type { SubgraphResolvers } from '../../schema/generated/products.ts'
import type { Context, Loaders } from './loaders.ts'
import { loadProductPage } from './product-page.ts'
import type { VariantRow } from './reads.ts'

const maxSkus = 250

export const productsResolvers: SubgraphResolvers = {
  Query: {
    product: (_, { id }, { load }) => load.product.load(id),
    variant: (_, keys, context) => loadVariant(keys, context),
    variantsBySku(_, { skus }, context) {
      if (skus.length > maxSkus) throw refusal(`skus has ${skus.length} entries, allowed is at most ${maxSkus}`)
      return allReady(skus.map((sku) => loadVariantBySku(sku, context)))
    },
    products: (_, given, context) => loadProductPage(given, context),
  },
  Product: {
    __resolveReference: ({ id }, { load }) => load.product.load(id),
    async variants({ id }, _, { load }) {
      return await loadVariantsOf(id, load)
    },
    async media({ id }, _, { load }) {
      const media = (await loadVariantsOf(id, load)).flatMap((variant) => variant.media)
      return [...new Map(media.map((item) => [item.url, item])).values()]
    },
    provenance: toAnswer,
  },
  Variant: {
    __resolveReference: ({ id, sku }, context) => loadVariant({ id, sku }, context),
    product: ({ productId }, _, { load }) => load.product.load(productId),
    price: ({ id }, { channelId }, { load, now }) => load.pricesOfVariant.inForce(id, channelId, now),
    prices: ({ id }, _, { load }) => whenReady(load.pricesOfVariant.load(id), (prices) => prices ?? []),
    provenance: toAnswer,
  },
  Price: {
    amount: ({ amountMinor, currency }) => toMoney(amountMinor, currency),
    compareAt: ({ compareAtMinor, currency }) => (compareAtMinor === null ? null : toMoney(compareAtMinor, currency)),
    provenance: toAnswer,
  },
}

type VariantKeys = { readonly [key in 'id' | 'sku' | 'gtin']?: string | null | undefined }

function loadVariant({ id, sku, gtin }: VariantKeys, context: Context): MaybePromise<VariantRow | null> {
  const given = [id, sku, gtin].filter((key) => key != null).length
  if (given !== 1) throw refusal(`${given} of id, sku and gtin are given, allowed is exactly one`)
  const { load } = context
  if (id != null) return load.variant.load(id)
  if (sku != null) return loadVariantBySku(sku, context)
  if (gtin == null) return null
  return whenReady(load.variantIdByGtin.load(gtin), (found) => (found === null ? null : load.variant.load(found)))
}

function loadVariantBySku(sku: string, { load }: Context): MaybePromise<VariantRow | null> {
  return whenReady(load.variantIdBySku.load(sku), (id) => (id === null ? null : load.variant.load(id)))
}

async function loadVariantsOf(productId: string, load: Loaders): Promise<readonly VariantRow[]> {
  const variants = await load.variant.loadMany((await load.variantIdsOfProduct.load(productId)) ?? [])
  return variants.filter((variant) => variant !== null)
}

function toAnswer(
  row: { readonly system: string; readonly occurredAt: string | null; readonly receivedAt: string },
  _: unknown,
  { freshness, now }: Context,
) {
  return toProvenance(row, freshness, now)
}

function refusal(text: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot find variants: ${text}`)
}
