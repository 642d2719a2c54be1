import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql'

export type Random = () => number

/** A small seeded generator, the same on every machine. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export type RandomOperation = { readonly text: string; readonly variables: Readonly<Record<string, unknown>> }

// Names that collide with fields, keys and inputs of the graph, with JavaScript's own, and with nothing.
const aliases = ['a', 'b', 'x1', 'id', 'sku', 'price', 'weight', 'name', 'constructor', '_e0', 'item', 'dims', 'title']

/** Makes a query from the schema: may be invalid (aliases in conflict), so callers validate and ask again. */
export const createRandomOperation = (schema: GraphQLSchema, random: Random): RandomOperation => {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  const fragments: string[] = []
  const used = new Set<string>()
  const variables: Record<string, unknown> = {
    yes: random() < 0.5,
    no: random() < 0.5,
    representations: random() < 0.5,
    first: Math.floor(random() * 3),
    currency: random() < 0.5 ? 'USD' : 'EUR',
    id: pick(['p1', 'b1', 't2', 'p2']),
  }
  const types: Record<string, string> = {
    yes: 'Boolean!',
    no: 'Boolean!',
    representations: 'Boolean!',
    first: 'Int',
    currency: 'Currency',
    id: 'ID!',
  }

  const use = (name: string): string => {
    used.add(name)
    return `$${name}`
  }

  const condition = (): string => {
    if (random() > 0.12) return ''
    const value = random() < 0.25 ? String(random() < 0.5) : use(pick(['yes', 'no', 'representations']) ?? 'yes')
    return ` @${random() < 0.5 ? 'skip' : 'include'}(if: ${value})`
  }

  let labels = 0
  const defer = (): string => {
    const roll = random()
    if (roll > 0.3) return ''
    const condition = roll < 0.05 ? [`if: ${use('yes')}`] : []
    const label = roll < 0.15 ? [`label: "l${labels++}"`] : []
    const given = [...label, ...condition]
    return given.length === 0 ? ' @defer' : ` @defer(${given.join(', ')})`
  }

  const argument = ({ name }: GraphQLArgument): string | undefined => {
    if (name === 'id') return `id: ${random() < 0.3 ? use('id') : JSON.stringify(pick(['p1', 'p2', 'b1', 't1']))}`
    if (random() < 0.4) return undefined
    if (name === 'currency') return `currency: ${random() < 0.4 ? use('currency') : pick(['EUR', 'USD'])}`
    if (name === 'first') return `first: ${random() < 0.4 ? use('first') : pick([1, 2, 'null'])}`
    return `${name}: "t"`
  }

  const fieldText = (field: GraphQLField<unknown, unknown>, depth: number): string => {
    const type = getNamedType(field.type)
    const chosen = field.args.flatMap((arg) => argument(arg) ?? [])
    const alias = random() < 0.2 ? `${pick(aliases)}: ` : ''
    const nested = isCompositeType(type) ? ` ${selections(type, depth - 1)}` : ''
    return `${alias}${field.name}${chosen.length > 0 ? `(${chosen.join(', ')})` : ''}${condition()}${nested}`
  }

  const selections = (type: GraphQLCompositeType, depth: number): string => {
    const fields = 'getFields' in type ? Object.values(type.getFields()) : []
    const usable = fields.filter((field) => depth > 0 || !isCompositeType(getNamedType(field.type)))
    const count = 1 + Math.floor(random() * (depth > 2 ? 4 : 3))
    const parts: string[] = []
    for (let index = 0; index < count; index++) {
      const roll = random()
      const field = pick(usable)
      if (roll < 0.1) parts.push(random() < 0.3 ? 't: __typename' : '__typename')
      else if (roll < 0.3 || field === undefined) parts.push(fragment(type, depth))
      else {
        const text = fieldText(field, depth)
        parts.push(text)
        // The same list twice under one key, with the same arguments: the selections are to be joined.
        if (random() < 0.15 && text.includes('{'))
          parts.push(text.replace(/\{[\s\S]*$/, '').concat(again(field, depth)))
      }
    }
    return `{ ${parts.join(' ')} }`
  }

  const again = (field: GraphQLField<unknown, unknown>, depth: number): string => {
    const type = getNamedType(field.type)
    return isCompositeType(type) ? selections(type, depth - 1) : ''
  }

  const fragment = (parent: GraphQLCompositeType, depth: number): string => {
    const possible = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [parent]
    const wider = isObjectType(parent) ? parent.getInterfaces() : []
    const type = pick([...possible, ...wider, parent]) ?? parent
    if (random() < 0.3) {
      const name = `F${fragments.length}`
      fragments.push('')
      fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${selections(type, depth)}`
      return `...${name}${condition()}${defer()}${random() < 0.2 ? ` ...${name}` : ''}`
    }
    const on = random() < 0.15 ? '' : ` on ${type.name}`
    return `...${on}${condition()}${defer()} ${selections(on === '' ? parent : type, depth)}`
  }

  const query = schema.getQueryType()
  const body = query ? selections(query, 4) : ''
  const header = [...used].map((name) => `$${name}: ${types[name]}`).join(', ')
  return {
    text: `query Random${header === '' ? '' : `(${header})`} ${body}\n${fragments.join('\n')}`,
    variables: Object.fromEntries([...used].map((name) => [name, variables[name]])),
  }
}
