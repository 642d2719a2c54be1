import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  execute,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
  validate,
} from 'graphql'
import { whenReady } from '../../../platform/maybe-promise.ts'
import { resolveEntitiesAtOnce } from '../../../platform/subgraph/entities.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'

/**
 * A graph whose every value is a function of the seed, the object's id, the field and its arguments, so that four
 * federated subgraphs and one schema over all of it must answer alike, nulls and errors included.
 */
import { subgraphTypeDefs } from './world-sdl.ts'

export type World = { readonly seed: number; readonly nullRate: number; readonly errorRate: number }

const pools: Readonly<Record<string, readonly string[]>> = {
  Product: ['p1', 'p2', 'p3'],
  Book: ['b1', 'b2'],
  Toy: ['t1', 't2'],
  Item: ['b1', 't1', 'b2', 't2'],
  Named: ['b1', 't1'],
  Node: ['b1', 't1', 'p1', 'p2'],
  SearchResult: ['b1', 't1', 'p3', 'a1'],
  Author: ['a1', 'a2', 'a3'],
  Review: ['r1', 'r2', 'r3', 'r4'],
  Warehouse: ['w1', 'w2'],
}

const typeOfPrefix: Readonly<Record<string, string>> = {
  p: 'Product',
  b: 'Book',
  t: 'Toy',
  a: 'Author',
  r: 'Review',
  w: 'Warehouse',
}

type Ref = { readonly id: string; readonly __typename?: string; readonly required?: Readonly<Record<string, unknown>> }

/** Fields other subgraphs read through keys, `@requires` or nested in it: null at most, never an error. */
const inputs = new Set(['id', 'sku', 'weight', 'price', 'w', 'h', 'dims', 'unit'])

/**
 * Non-null fields at and below an interface object, which never fail here: its subgraph cannot tell types
 * apart, so planners ask them of entities of which the client did not (docs/decisions/010-executor-planner.md).
 */
const belowInterfaceObject = new Set(['rank', 'body'])

export const createResolver =
  (world: World): GraphQLFieldResolver<unknown, unknown> =>
  (source, args: Readonly<Record<string, unknown>>, _context, info) => {
    const ref = toRef(source)
    const field = info.fieldName
    if (field === 'id') return ref.id
    if (field === 'sku') return `sku-${ref.id}`
    const derived = derive(world, ref, field)
    if (derived !== undefined) return derived()
    return makeValue(world, `${ref.id}.${field}(${canonical(args)})`, field, info.returnType)
  }

const toRef = (source: unknown): Ref =>
  typeof source === 'object' && source !== null && 'id' in source && typeof source.id === 'string'
    ? { ...source, id: source.id }
    : { id: 'root' }

/** The fields with `@requires`: from the representation in a subgraph, from the world in the one schema. */
const derive = (world: World, ref: Ref, field: string): (() => unknown) | undefined => {
  const input = (name: string, own: () => unknown) => (ref.required === undefined ? own() : ref.required[name])
  const scalar = (id: string, name: string, args: string, isNullable: boolean) =>
    makeLeaf(world, `${id}.${name}(${args})`, name, isNullable)
  const price = (currency: string) => input('price', () => scalar(ref.id, 'price', `{"currency":"${currency}"}`, true))
  switch (field) {
    case 'shipping':
      return () =>
        plus(
          input('weight', () => scalar(ref.id, 'weight', '{}', true)),
          1,
        )
    case 'shippingUsd':
      return () => plus(price('USD'), 1000)
    case 'shippingEur':
      return () => plus(price('EUR'), 2000)
    case 'volume':
      return () => {
        const dims = input('dims', () => {
          const key = `${ref.id}.dims({})`
          if (isNull(world, key)) return null
          return { w: scalar(`${key}`, 'w', '{}', false), h: scalar(`${key}`, 'h', '{}', true) }
        })
        if (typeof dims !== 'object' || dims === null || !('w' in dims) || !('h' in dims)) return null
        return plus(dims.w, typeof dims.h === 'number' ? dims.h : 7)
      }
    default:
      return undefined
  }
}

const plus = (value: unknown, more: number): number | null => (typeof value === 'number' ? value + more : null)

const makeValue = (world: World, key: string, field: string, type: GraphQLOutputType): unknown => {
  if (!inputs.has(field) && !belowInterfaceObject.has(field) && chance(world, `error ${key}`) < world.errorRate)
    throw new Error(`no ${field}`)
  if (isNonNullType(type)) return makePresent(world, key, field, type.ofType)
  return isNull(world, key) ? null : makePresent(world, key, field, type)
}

const makePresent = (world: World, key: string, field: string, type: GraphQLOutputType): unknown => {
  if (isNonNullType(type)) return makePresent(world, key, field, type.ofType)
  if (isListType(type)) {
    const length = Math.floor(chance(world, `length ${key}`) * 4)
    return Array.from({ length }, (_, index) => {
      const own = `${key}[${index}]`
      return isNonNullType(type.ofType) || !isNull(world, own) ? makePresent(world, own, field, type.ofType) : null
    })
  }
  if (isScalarType(type) || isEnumType(type)) return makeScalar(world, key, type.name)
  const pool = pools[type.name]
  if (pool === undefined) return { id: key }
  const id = pool[Math.floor(chance(world, `pick ${key}`) * pool.length)] ?? 'p1'
  return { id, __typename: isObjectType(type) ? type.name : typeOfPrefix[id.charAt(0)] }
}

const makeScalar = (world: World, key: string, typeName: string): unknown => {
  const number = Math.floor(chance(world, `value ${key}`) * 100)
  switch (typeName) {
    case 'Int':
      return number
    case 'Boolean':
      return number % 2 === 0
    case 'Status':
      return ['ACTIVE', 'RETIRED', 'SECRET'][number % 3]
    default:
      return `"${number}\u2028é\\ of ${key}`
  }
}

const makeLeaf = (world: World, key: string, field: string, isNullable: boolean): unknown =>
  isNullable && isNull(world, key) ? null : makeScalar(world, key, field === 'name' ? 'String' : 'Int')

const isNull = (world: World, key: string): boolean => chance(world, `null ${key}`) < world.nullRate

/** A number from 0 to 1 that hangs on nothing but the seed and the text. */
const chance = (world: World, text: string): number => {
  let hash = 2166136261 ^ world.seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 2246822507)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 3266489909)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}

const canonical = (args: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(args).sort(([left], [right]) => (left < right ? -1 : 1))))

const resolveType = (source: unknown): string | undefined => typeOfPrefix[toRef(source).id.charAt(0)]

export const composeWorld = (): string => {
  const services = Object.entries(subgraphTypeDefs).map(([name, typeDefs]) => ({
    name,
    url: `http://${name}.invalid`,
    typeDefs: parse(typeDefs),
  }))
  const { supergraphSdl, errors } = composeServices(services)
  if (supergraphSdl === undefined) throw new Error(errors?.map(String).join('\n'))
  return supergraphSdl
}

/** One transport per subgraph, run in process by graphql-js. Half of the answers are there at once, the others come later. */
export const createWorldTransports = (world: () => World): ReadonlyMap<string, SubgraphTransport> =>
  new Map(
    Object.entries(subgraphTypeDefs).map(([name, typeDefs]) => {
      const schema = buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers: referenceResolvers(typeDefs) })
      resolveEntitiesAtOnce(schema)
      return [name, createTransport(name, schema, world)]
    }),
  )

const createTransport = (name: string, schema: GraphQLSchema, world: () => World): SubgraphTransport => {
  return {
    name,
    call: (request) => {
      const document = parse(request.query)
      const invalid = validate(schema, document)
      if (invalid.length > 0)
        throw new Error(`${name} was sent an invalid document: ${request.query}: ${invalid.join()}`)
      const result = execute({
        schema,
        document,
        variableValues: { ...request.variables },
        fieldResolver: createResolver(world()),
        typeResolver: resolveType,
      })
      const answer = whenReady(result, (ready) => JSON.parse(JSON.stringify(ready)))
      // By its text, so that the same operation meets the same again.
      return request.query.length % 2 === 0 ? answer : Promise.resolve(answer)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

const referenceResolvers = (typeDefs: string): Record<string, { __resolveReference(key: unknown): unknown }> => {
  const resolvers: Record<string, { __resolveReference(key: unknown): unknown }> = {}
  for (const [, name] of typeDefs.matchAll(/(?:type|interface) (\w+)[^{]*@key/g)) {
    if (name === undefined) continue
    resolvers[name] = {
      __resolveReference: (key) => {
        if (typeof key !== 'object' || key === null) return null
        const { id, sku, ...required }: Record<string, unknown> = { ...key }
        const own = typeof id === 'string' ? id : typeof sku === 'string' ? sku.slice(4) : undefined
        return { id: own, __typename: name === 'Item' && own ? itemType(typeDefs, own) : name, required }
      },
    }
  }
  return resolvers
}

const itemType = (typeDefs: string, id: string): string | undefined =>
  typeDefs.includes('interface Item') ? typeOfPrefix[id.charAt(0)] : 'Item'

/** The same world as one schema. */
export const executeMonolith = async (
  schema: GraphQLSchema,
  text: string,
  variables: Readonly<Record<string, unknown>>,
  world: World,
): Promise<{ data: unknown; errors: readonly { path: readonly (string | number)[] }[] }> => {
  const result = await execute({
    schema,
    document: parse(text),
    variableValues: { ...variables },
    fieldResolver: createResolver(world),
    typeResolver: resolveType,
  })
  const data: unknown = JSON.parse(JSON.stringify(result.data ?? null))
  return { data, errors: (result.errors ?? []).map(({ path, message }) => ({ path: path ?? [], message })) }
}
