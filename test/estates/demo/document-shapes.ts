import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import { z } from 'zod'
import { checkDigit } from '../../../estates/demo/gs1.ts'
import { assetPath } from '../../../platform/assets.ts'
import { supplyKinds, supplyStates } from '../../../subgraphs/inventory/vocabulary.ts'

const enums = new Map<string, readonly [string, ...string[]]>()
for (const name of ['inventory', 'orders', 'products', 'finance']) {
  for (const definition of parse(readFileSync(assetPath(`schema/${name}.graphql`), 'utf8')).definitions) {
    if (definition.kind !== 'EnumTypeDefinition') continue
    const [first, ...rest] = (definition.values ?? []).map((value) => value.name.value)
    if (first !== undefined) enums.set(definition.name.value, [first, ...rest])
  }
}

function enumOf(name: string) {
  const values = enums.get(name)
  if (values === undefined) throw new TypeError(`Cannot check documents: the contract has no enum ${name}`)
  return z.enum(values)
}

const decimal = z.string().regex(/^\d+\.\d{2}$/)
const instant = z.iso.datetime({ offset: true })
const day = z.iso.date()
const gs1 = z
  .string()
  .regex(/^\d{13}$/)
  .refine((digits) => checkDigit(digits.slice(0, 12)) === digits[12])
const whole = z.int().min(0)
const currency = z.enum(['EUR', 'CHF'])
const reference = z.strictObject({ namespace: z.string().min(1), value: z.string().min(1) })
const identifiers = z.array(reference)
const country = z.string().regex(/^[A-Z]{2}$/)
const address = z.strictObject({
  name: z.string(),
  line1: z.string(),
  city: z.string(),
  postalCode: z.string(),
  country,
})
const contact = z.strictObject({ value: z.string().min(3), verified: z.boolean() })

/** The shapes of docs/source-documents.md as far as the demo uses them; an unknown member or code fails. */
export const documentShapes: Readonly<Record<string, z.ZodType>> = {
  variant: z.strictObject({
    sku: z.string().regex(/^DEMO-\d{4}$/),
    gtin: gs1,
    title: z.string().min(1),
    product: z.strictObject({
      key: z.string(),
      title: z.string().min(1),
      description: z.string(),
      brand: z.string(),
      categoryPath: z.array(z.string()).length(2),
    }),
    options: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    baseUom: z.literal('EACH'),
    lifecycle: enumOf('ProductLifecycle'),
    backorderable: z.boolean(),
    media: z.array(z.strictObject({ url: z.url(), alt: z.string() })),
    identifiers,
  }),
  price: z.strictObject({
    variant: reference,
    channelId: z.enum(['web', 'app', 'store', 'amazon']).nullable(),
    priceList: z.string(),
    currency,
    amount: decimal,
    compareAt: decimal.nullable(),
    validFrom: day,
    validTo: day.nullable(),
  }),
  invoice: z.strictObject({
    number: z.string(),
    order: reference,
    issuedAt: instant,
    currency,
    total: decimal,
    status: enumOf('InvoiceState'),
  }),
  'journal-entry': z.strictObject({
    number: z.string(),
    order: reference,
    rule: z.literal('ERLOES'),
    postingId: z.string().nullable(),
    documentRef: z.string(),
    currency,
    amount: decimal,
    status: enumOf('PostingStatus'),
    reason: z.string().nullable(),
    createdAt: instant,
    postedAt: instant.nullable(),
  }),
  location: z.strictObject({
    code: z.string(),
    name: z.string(),
    kind: enumOf('LocationKind'),
    timeZone: z.string(),
    address,
    capabilities: z.array(enumOf('FulfillmentMethod')).min(1),
    active: z.boolean(),
    gln: gs1,
    identifiers,
  }),
  supply: z.strictObject({
    kind: z.enum(supplyKinds),
    variant: reference,
    destination: reference,
    quantity: whole,
    received: whole,
    eta: instant,
    confidence: z.number().min(0).max(1),
    state: z.enum(supplyStates),
  }),
  stock: z.strictObject({
    variant: reference,
    location: reference,
    onHand: whole,
    damaged: whole,
    qualityControl: whole,
    returnHold: whole,
    manualHold: whole,
    committed: whole,
    incoming: whole,
    reorderPoint: whole,
    occurredAt: instant,
  }),
  'channel-acknowledgement': z.strictObject({
    order: reference,
    acknowledgedAt: instant,
    deadline: instant,
    lines: z
      .array(
        z.strictObject({
          lineKey: z.string(),
          acknowledged: whole,
          rejected: whole,
          reason: z.string().nullable(),
        }),
      )
      .min(1),
  }),
  'channel-feed': z.strictObject({
    channelId: z.literal('amazon'),
    sentAt: instant,
    confirmedAt: instant.nullable(),
    items: whole,
    rejected: whole,
  }),
  shipment: z.strictObject({
    order: reference,
    location: reference,
    carrier: z.string(),
    trackingNumber: z.string(),
    status: enumOf('ShipmentState'),
    shippedAt: instant.nullable(),
    deliveredAt: instant.nullable(),
    cost: decimal,
    currency,
    lines: z.array(z.strictObject({ lineKey: z.string(), quantity: z.int().min(1) })).min(1),
  }),
  customer: z.object({
    name: z.string().min(1),
    emails: z.array(contact),
    phones: z.array(contact),
    loyaltyId: z.string().nullable(),
    accountId: z.string().nullable(),
    addresses: z.array(address),
    identifiers,
  }),
  order: z.strictObject({
    number: z.string(),
    channelId: z.enum(['web', 'app', 'store', 'amazon']),
    externalNumber: z.string(),
    customer: reference.nullable(),
    location: reference.nullable(),
    placedAt: instant,
    acknowledgeBy: instant.nullable(),
    currency,
    taxIncluded: z.literal(true),
    status: enumOf('LineState'),
    statusAt: instant,
    lines: z
      .array(
        z.strictObject({
          key: z.string(),
          variant: reference,
          sku: z.string(),
          title: z.string(),
          quantity: z.int().min(1),
          unitPrice: decimal,
          discount: decimal,
          tax: decimal,
          status: enumOf('LineState'),
          statusCounts: z.array(z.strictObject({ state: enumOf('LineState'), quantity: z.int().min(1) })).nullable(),
        }),
      )
      .min(1)
      .refine((lines) =>
        lines.every(
          (line) =>
            line.statusCounts === null ||
            line.statusCounts.reduce((sum, count) => sum + count.quantity, 0) === line.quantity,
        ),
      ),
    shipping: decimal,
    shipTo: address.nullable(),
    identifiers,
  }),
  payment: z.strictObject({
    order: reference,
    psp: z.string(),
    pspReference: z.string(),
    method: z.string(),
    status: enumOf('PaymentState'),
    currency,
    authorized: decimal,
    captured: decimal,
    refunded: decimal,
    authorizedAt: instant,
    capturedAt: instant.nullable(),
  }),
  'legal-entity': z.strictObject({ currency, countries: z.array(z.string().length(2)) }),
  'exchange-rate': z.strictObject({
    base: currency,
    quote: currency,
    rate: z.string(),
    validFrom: z.string(),
    validTo: z.string().nullable(),
  }),
  'sale-cost': z.strictObject({
    order: reference,
    currency,
    lines: z.array(
      z.strictObject({ lineKey: z.string(), quantity: z.int().positive(), cost: decimal, duty: z.null() }),
    ),
  }),
  refund: z.strictObject({
    order: reference,
    returnId: z.string().nullable(),
    payment: reference,
    amount: decimal,
    currency,
    status: enumOf('RefundState'),
    reason: z.string(),
    createdAt: instant,
  }),
}
