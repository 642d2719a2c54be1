import { toProvenance } from '../../platform/connector/freshness.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { toMoney } from '../../platform/money-answer.ts'
import type { SubgraphResolvers } from '../../schema/generated/products.ts'
import type { Context, Loaders } from './loaders.ts'
import { priceInForce } from './price.ts'
import { loadProductPage } from './product-page.ts'
import type { VariantRow } from './reads.ts'

const maxSkus = 250

export const productsResolvers: SubgraphResolvers = {
  Query: {
    product: (_, { id }, { load }) => load.product.load(id),
    variant: (_, keys, context) => loadVariant(keys, context),
    variantsBySku(_, { skus }, context) {
      if (skus.length > maxSkus) throw refusal(`skus has ${skus.length} entries, allowed is at most ${maxSkus}`)
      return Promise.all(skus.map((sku) => loadVariantBySku(sku, context)))
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
    async price({ id }, { channelId }, { load, now }) {
      return priceInForce((await load.pricesOfVariant.load(id)) ?? [], channelId, now)
    },
    prices: async ({ id }, _, { load }) => (await load.pricesOfVariant.load(id)) ?? [],
    provenance: toAnswer,
  },
  Price: {
    amount: ({ amountMinor, currency }) => toMoney(amountMinor, currency),
    compareAt: ({ compareAtMinor, currency }) => (compareAtMinor === null ? null : toMoney(compareAtMinor, currency)),
    provenance: toAnswer,
  },
}

type VariantKeys = { readonly [key in 'id' | 'sku' | 'gtin']?: string | null | undefined }

async function loadVariant({ id, sku, gtin }: VariantKeys, context: Context): Promise<VariantRow | null> {
  const given = [id, sku, gtin].filter((key) => key != null).length
  if (given !== 1) throw refusal(`${given} of id, sku and gtin are given, allowed is exactly one`)
  if (id != null) return await context.load.variant.load(id)
  if (sku != null) return await loadVariantBySku(sku, context)
  const found = gtin == null ? null : await context.load.variantIdByGtin.load(gtin)
  return found === null ? null : await context.load.variant.load(found)
}

async function loadVariantBySku(sku: string, { load }: Context): Promise<VariantRow | null> {
  const id = await load.variantIdBySku.load(sku)
  return id === null ? null : await load.variant.load(id)
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
  const occurredAt = row.occurredAt === null ? null : new Date(row.occurredAt)
  return toProvenance({ system: row.system, occurredAt, receivedAt: new Date(row.receivedAt) }, freshness, now)
}

function refusal(text: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot find variants: ${text}`)
}
