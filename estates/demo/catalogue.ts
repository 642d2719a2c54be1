import { gs1Number } from './gs1.ts'
import { createRandom, type Random, streams } from './random.ts'

export type Variant = {
  readonly index: number
  readonly sku: string
  readonly gtin: string
  readonly model: number
  readonly modelTitle: string
  readonly title: string
  readonly text: string
  readonly brand: string
  readonly groupCode: string
  readonly department: string
  readonly group: string
  readonly color: string | null
  readonly size: string | null
  /** N new, A active, L running out, G blocked. */
  readonly status: 'N' | 'A' | 'L' | 'G'
  readonly backorderable: boolean
  readonly priceMinor: number
  readonly strikeMinor: number | null
  readonly saleMinor: number | null
  readonly marketplaceMinor: number | null
}

export type ItemGroup = { readonly code: string; readonly name: string; readonly parent: string | null }

type Line = {
  readonly code: string
  readonly name: string
  readonly nouns: readonly [string, ...string[]]
  readonly sizes: readonly [string, ...string[]] | null
  readonly fromMinor: number
  readonly toMinor: number
}

const clothes = ['XS', 'S', 'M', 'L', 'XL'] as const
const shoes = ['38', '39', '40', '41', '42', '43', '44'] as const

const departments: readonly { readonly code: string; readonly name: string; readonly lines: readonly Line[] }[] = [
  {
    code: '1000',
    name: 'Apparel',
    lines: [
      {
        code: '1100',
        name: 'Jackets',
        nouns: ['Rain Jacket', 'Down Jacket', 'Softshell', 'Parka'],
        sizes: clothes,
        fromMinor: 7990,
        toMinor: 28990,
      },
      {
        code: '1200',
        name: 'Shirts',
        nouns: ['Merino Tee', 'Flannel Shirt', 'Linen Shirt', 'Polo'],
        sizes: clothes,
        fromMinor: 1990,
        toMinor: 7990,
      },
      {
        code: '1300',
        name: 'Trousers',
        nouns: ['Hiking Trousers', 'Chino', 'Shorts'],
        sizes: clothes,
        fromMinor: 3990,
        toMinor: 12990,
      },
    ],
  },
  {
    code: '2000',
    name: 'Footwear',
    lines: [
      {
        code: '2100',
        name: 'Boots',
        nouns: ['Trail Boot', 'Winter Boot', 'Approach Boot'],
        sizes: shoes,
        fromMinor: 8990,
        toMinor: 24990,
      },
      {
        code: '2200',
        name: 'Sneakers',
        nouns: ['Runner', 'Court Sneaker', 'City Sneaker'],
        sizes: shoes,
        fromMinor: 5990,
        toMinor: 15990,
      },
    ],
  },
  {
    code: '3000',
    name: 'Outdoor',
    lines: [
      {
        code: '3100',
        name: 'Backpacks',
        nouns: ['Daypack 22 l', 'Trekking Pack 55 l', 'Commuter Pack'],
        sizes: null,
        fromMinor: 4990,
        toMinor: 21990,
      },
      {
        code: '3200',
        name: 'Camping',
        nouns: ['Tent 2P', 'Sleeping Bag', 'Gas Stove', 'Headlamp'],
        sizes: null,
        fromMinor: 2490,
        toMinor: 39990,
      },
      {
        code: '3300',
        name: 'Bottles',
        nouns: ['Steel Bottle 0.7 l', 'Insulated Mug', 'Hydration Bladder'],
        sizes: null,
        fromMinor: 1290,
        toMinor: 4490,
      },
    ],
  },
  {
    code: '4000',
    name: 'Home',
    lines: [
      {
        code: '4100',
        name: 'Textiles',
        nouns: ['Wool Blanket', 'Linen Cushion', 'Bath Towel'],
        sizes: null,
        fromMinor: 1490,
        toMinor: 9990,
      },
      {
        code: '4200',
        name: 'Kitchen',
        nouns: ['Chef Knife', 'Cast Iron Pan', 'Enamel Pot'],
        sizes: null,
        fromMinor: 1990,
        toMinor: 12990,
      },
    ],
  },
]

const names = [
  'Alder',
  'Birk',
  'Calla',
  'Dune',
  'Elva',
  'Fjord',
  'Gale',
  'Heath',
  'Isar',
  'Juno',
  'Kestrel',
  'Loden',
  'Moor',
  'Nord',
  'Opal',
  'Pine',
  'Quarz',
  'Ridge',
  'Sund',
  'Tarn',
] as const
const brands = ['Fellhaus', 'Nordweg', 'Talgrund', 'Kiefer & Co', 'Ostwind', 'Marisol'] as const
const colors = ['Black', 'Navy', 'Forest', 'Sand', 'Rust', 'Stone', 'Ocean'] as const

export function itemGroups(): readonly ItemGroup[] {
  return departments.flatMap((department) => [
    { code: department.code, name: department.name, parent: null },
    ...department.lines.map((line) => ({ code: line.code, name: line.name, parent: department.code })),
  ])
}

/** About 3.3 variants to a model; a low index sells best. The first 20 are always active. */
export function createCatalogue(seed: number, variantCount: number): readonly Variant[] {
  const variants: Variant[] = []
  for (let model = 1; variants.length < variantCount; model += 1) {
    const random = createRandom(seed, streams.model, model)
    for (const variant of variantsOf(random, seed, model, variants.length)) {
      if (variants.length < variantCount) variants.push(variant)
    }
  }
  return variants
}

function variantsOf(random: Random, seed: number, model: number, firstIndex: number): readonly Variant[] {
  const department = departments[random.int(0, departments.length - 1)] ?? departments[0]
  const line = department?.lines[random.int(0, department.lines.length - 1)]
  if (department === undefined || line === undefined)
    throw new RangeError('Cannot build the catalogue: a department has no line')
  const brand = random.pick(brands)
  const noun = random.pick(line.nouns)
  const modelTitle = `${random.pick(names)} ${noun}`
  const count = random.int(2, 5)
  const firstColor = random.int(0, colors.length - 1)
  const firstSize = random.int(0, 2)
  const priceMinor = Math.floor(random.int(line.fromMinor, line.toMinor) / 100) * 100 + 90
  const onSale = random.chance(0.08)
  const onMarketplace = random.chance(0.35)
  return Array.from({ length: count }, (_, at) => {
    const index = firstIndex + at
    const own = createRandom(seed, streams.variant, index)
    const size = line.sizes === null ? null : (line.sizes[(firstSize + Math.floor(at / 2)) % line.sizes.length] ?? null)
    const color = colors[(firstColor + (line.sizes === null ? at : at % 2)) % colors.length] ?? null
    return {
      index,
      sku: skuOf(index),
      gtin: gs1Number(100_000 + index),
      model: 20_000 + model,
      modelTitle,
      title: [modelTitle, color, size].filter((part) => part !== null).join(', '),
      text: `${modelTitle} by ${brand}. ${noun} for every day, made to be repaired.`,
      brand,
      groupCode: line.code,
      department: department.name,
      group: line.name,
      color,
      size,
      status: index < 20 ? 'A' : statusOf(own.next()),
      backorderable: own.chance(0.2),
      priceMinor,
      strikeMinor: onSale ? Math.round(priceMinor * 1.25) : null,
      saleMinor: onSale ? Math.round(priceMinor * 0.8) : null,
      marketplaceMinor: onMarketplace ? priceMinor + 200 : null,
    }
  })
}

function statusOf(draw: number): Variant['status'] {
  if (draw < 0.93) return 'A'
  if (draw < 0.97) return 'L'
  return draw < 0.985 ? 'N' : 'G'
}

/** Stable at every scale and seed. @param index from 0 */
export function skuOf(index: number): string {
  return `DEMO-${String(index + 1).padStart(4, '0')}`
}
