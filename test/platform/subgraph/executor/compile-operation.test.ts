import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { compileOperation } from '../../../../platform/subgraph/executor/compile-operation.ts'
import { createRandom, createRandomOperation, type Random } from '../../../gateway/executor/random-operation.ts'

const typeDefs = /* GraphQL */ `
  type Query {
    product(id: ID!, currency: Currency = EUR): Product
    products(first: Int): [Product!]!
    named: [Named]
    item: Item!
    items: [[Item!]]
    found(text: String): [Found!]
  }
  type Mutation { first(id: ID!): Product second(id: ID!): Product! third: Int }
  interface Named { name: String! }
  interface Item implements Named { name: String! title: String price(currency: Currency = EUR): Int }
  type Product implements Item & Named {
    id: ID!
    name: String!
    title: String
    price(currency: Currency = EUR): Int
    weight: Float
    tags: [String!]
    onSale: Boolean!
    related(first: Int): [Product!]
    twin: Product!
    item: Item
    status: Status
  }
  type Book implements Item & Named { name: String! title: String price(currency: Currency = EUR): Int pages: Int! sequel: Book }
  type Author implements Named { name: String! books: [Book] }
  union Found = Product | Book | Author
  enum Status { ACTIVE RETIRED }
  enum Currency { EUR USD }
`

/** Behaves at each place as the seed says: at once or later, with a value, null, nonsense or an error. */
function behave(seed: number, place: string): { readonly random: Random; readonly late: boolean } {
  let hash = seed
  for (let index = 0; index < place.length; index++) hash = Math.imul(hash ^ place.charCodeAt(index), 0x01000193)
  const random = createRandom(hash)
  return { random, late: random() < 0.3 }
}

function someValue(type: GraphQLOutputType, schema: GraphQLSchema, random: Random, troubles: boolean): unknown {
  const roll = random()
  if (troubles && roll < 0.04) return new Error(`an error as a value ${roll}`)
  if (roll < 0.1 && (troubles || !isNonNullType(type))) return null
  if (isNonNullType(type)) return someValue(type.ofType, schema, random, troubles)
  if (isListType(type)) {
    if (troubles && roll > 0.97) return 'no list'
    const items = Array.from({ length: Math.floor(random() * 3) }, () => {
      const item = someValue(type.ofType, schema, random, troubles)
      return random() < 0.2 ? Promise.resolve(item) : item
    })
    return random() < 0.2 ? new Set(items) : items
  }
  if (isAbstractType(type)) {
    const possible = schema.getPossibleTypes(type)
    const name = possible[Math.floor(random() * possible.length)]?.name
    return { __typename: troubles && roll > 0.96 ? 'Currency' : name, kind: name, name: `n${roll}` }
  }
  if (isObjectType(type)) return { kind: type.name, name: `n${roll}`, title: roll > 0.5 ? () => `t${roll}` : undefined }
  if (isEnumType(type)) return troubles && roll > 0.9 ? 'UNHEARD' : type.getValues()[0]?.name
  if (isScalarType(type) && troubles && roll > 0.95) return { no: 'scalar' }
  return { Int: 7, Float: 1.5, Boolean: roll > 0.5 }[type.name] ?? `text ${roll}`
}

type Call = { readonly seed: number; readonly troubles: boolean }

const resolveField: GraphQLFieldResolver<unknown, Call> = (_source, args, { seed, troubles }, info) => {
  const place: string[] = [JSON.stringify(args)]
  for (let at: typeof info.path | undefined = info.path; at !== undefined; at = at.prev) place.push(String(at.key))
  const { random, late } = behave(seed, place.join('/'))
  const give = () => {
    if (troubles && random() < 0.06) throw new Error(`thrown at ${info.parentType.name}.${info.fieldName}`)
    return someValue(info.returnType, info.schema, random, troubles)
  }
  return late ? Promise.resolve().then(give) : give()
}

function createSchema(): GraphQLSchema {
  const schema = buildSchema(typeDefs)
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      // `name` and `title` of what is no root are properties, or methods of the value.
      if (field.name !== 'name' && field.name !== 'title') field.resolve = resolveField
    }
  }
  const author = schema.getType('Author')
  if (isObjectType(author)) author.isTypeOf = (value: { kind?: string }) => Promise.resolve(value.kind === 'Author')
  const book = schema.getType('Book')
  if (isObjectType(book)) book.isTypeOf = (value: { kind?: string }) => value.kind === 'Book'
  const item = schema.getType('Item')
  if (isAbstractType(item)) item.resolveType = (value: { kind?: string }) => Promise.resolve(value.kind)
  return schema
}

const schema = createSchema()

type Told = { readonly message: string; readonly path: readonly (string | number)[]; readonly nulled: string }
type Comparable = { readonly text: string; readonly errors: ReadonlyMap<string, Told> }

/** Errors as a set: which of two that come later is told first is nobody's promise. */
function comparable({ data, errors = [] }: ExecutionResult): Comparable {
  const told = errors.map(({ message, path = [], locations }) => {
    const error = { message, path, nulled: JSON.stringify(nulledBy(path, data)) }
    return [JSON.stringify({ message, path, locations }), error] as const
  })
  return { text: JSON.stringify(data), errors: new Map(told) }
}

/** The place of the null that an error at `path` left behind: the path itself, or one above it. */
function nulledBy(path: readonly (string | number)[], data: unknown): readonly (string | number)[] {
  let value = data
  for (const [depth, key] of path.entries()) {
    if (value === null || value === undefined) return path.slice(0, depth)
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  return path
}

/**
 * Errors that one side alone tells. Where a null went up, the first error to get there is told, and of others below the same place
 * those that happen before the answer is whole: which these are is a matter of turns, and no executor promises it.
 */
function toldByOne(ours: Comparable, theirs: Comparable): readonly string[] {
  const placesOf = ({ errors }: Comparable) => new Set([...errors.values()].map(({ nulled }) => nulled))
  const [ourPlaces, theirPlaces] = [placesOf(ours), placesOf(theirs)]
  const isAMatterOfTurns = ({ path, nulled }: Told) =>
    nulled !== JSON.stringify(path) && ourPlaces.has(nulled) && theirPlaces.has(nulled)
  const alone = (one: Comparable, other: Comparable, whose: string) =>
    [...one.errors].flatMap(([text, error]) =>
      other.errors.has(text) || isAMatterOfTurns(error) ? [] : [`${whose}: ${text}`],
    )
  return [...alone(ours, theirs, 'ours'), ...alone(theirs, ours, 'theirs')]
}

function expectSame(ours: Comparable, theirs: Comparable, hint?: string): void {
  expect({ text: ours.text, alone: toldByOne(ours, theirs) }, hint).toEqual({ text: theirs.text, alone: [] })
}

type Asked = {
  readonly text: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly call: Call
  readonly name?: string
}

async function expected({ text, variables, call, name }: Asked) {
  const document = parse(text)
  return comparable(
    await execute({ schema, document, variableValues: variables, contextValue: call, operationName: name }),
  )
}

async function compiled({ text, variables, call, name }: Asked) {
  const run = compileOperation(schema, parse(text), name)
  const first = comparable(await run({ variables, contextValue: call }))
  // What is memoised by the first run must serve the second as well.
  expectSame(comparable(await run({ variables, contextValue: call })), first)
  return first
}

/** Whether promises were rejected with nobody listening while it worked. */
async function countingUnhandled<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly unhandled: number }> {
  const others = process.listeners('unhandledRejection')
  let unhandled = 0
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', () => {
    unhandled += 1
  })
  try {
    const result = await work()
    await new Promise((resolve) => setImmediate(resolve))
    return { result, unhandled }
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  }
}

test('a compiled operation answers what graphql-js answers: data, nulls, errors and where they are', async () => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000)
  const random = createRandom(seed)
  const asked: Asked[] = []
  while (asked.length < Number(process.env.FUZZ_OPERATIONS ?? 300)) {
    const operation = createRandomOperation(schema, random)
    if (validate(schema, parse(operation.text)).length > 0) continue
    asked.push({ ...operation, call: { seed: Math.floor(random() * 1e9), troubles: asked.length % 2 === 0 } })
  }
  // graphql-js forgets promises of a list one of whose items fails at once; that is not what is compared.
  const oracle = await countingUnhandled(async () => {
    const answers = []
    for (const one of asked) answers.push(await expected(one))
    return answers
  })
  const ours = await countingUnhandled(async () => {
    for (const [index, one] of asked.entries()) {
      const hint = `FUZZ_SEED=${seed}, operation ${index}: ${one.text} ${JSON.stringify(one.variables)}`
      const theirs = oracle.result[index]
      if (theirs === undefined) throw new TypeError('There is an answer of graphql-js to each')
      expectSame(await compiled(one), theirs, hint)
    }
  })
  expect(ours.unhandled).toBe(0)
  expect(oracle.result.filter(({ errors }) => errors.size > 0).length).toBeGreaterThan(30)
})

const calm = { seed: 5, troubles: false }

test.each([
  ['mutations run one after the other', 'mutation { first(id: 1) { name } second(id: 2) { id } third }', {}],
  ['a variable that does not fit', 'query ($id: ID!) { product(id: $id) { name } }', { id: { no: 'id' } }],
  ['a variable left out', 'query ($id: ID!) { product(id: $id) { name } }', {}],
  [
    'a condition that is null',
    'query ($no: Boolean = true) { named @skip(if: $no) { name } products { id } }',
    { no: null },
  ],
  [
    'a condition that is null further down',
    'query ($no: Boolean = true) { products { id tags @include(if: $no) } }',
    { no: null },
  ],
  ['an argument that is null where none may be', 'query ($id: ID = 1) { product(id: $id) { name } }', { id: null }],
  ['a key that means a prototype elsewhere', '{ __proto__: products { __proto__: id constructor: onSale } }', {}],
  ['what the schema is', '{ __schema { queryType { name } } __type(name: "Book") { fields { name } } __typename }', {}],
])('%s', async (_what, text, variables) => {
  const asked = { text, variables, call: calm }
  expectSame(await compiled(asked), await expected(asked))
})

test('the operation is the one that is named', async () => {
  const text = 'query A { products { id } } query B { named { name } }'
  for (const name of ['A', 'B', 'C', undefined]) {
    const asked = { text, variables: {}, call: calm, ...(name === undefined ? {} : { name }) }
    expectSame(await compiled(asked), await expected(asked))
  }
})

test('fields of a mutation wait for the one before, those of a query do not', async () => {
  const began: string[] = []
  const slow = buildSchema('type Query { a: Int b: Int } type Mutation { a: Int b: Int }')
  for (const root of [slow.getQueryType(), slow.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      field.resolve = async () => {
        began.push(`${field.name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        began.push(`${field.name} ends`)
      }
    }
  }
  await compileOperation(slow, parse('mutation { a b }'), undefined)({ variables: {}, contextValue: undefined })
  expect(began.splice(0)).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  await compileOperation(slow, parse('{ a b }'), undefined)({ variables: {}, contextValue: undefined })
  expect(began).toEqual(['a begins', 'b begins', 'a ends', 'b ends'])
})

test('what can be answered at once is answered at once, and each combination of conditions has its plan', () => {
  const small = buildSchema('type Query { a: Int b: Int }')
  const compiled = compileOperation(small, parse('query ($a: Boolean!) { a @include(if: $a) b }'), undefined)
  const ask = (a: boolean) => compiled({ variables: { a }, contextValue: undefined })
  expect([ask(true), ask(false), ask(true)]).toEqual([
    { data: { a: null, b: null } },
    { data: { b: null } },
    { data: { a: null, b: null } },
  ])
})

test('no field of a type is left to its neighbours: arguments cannot be changed by a resolver', () => {
  const small = buildSchema('type Query { list(n: Int = 1): Int }')
  const field = small.getQueryType()?.getFields().list
  if (field !== undefined) {
    field.resolve = (_source, args) => {
      args.n = 2
    }
  }
  const answer = compileOperation(small, parse('{ list }'), undefined)({ variables: {}, contextValue: undefined })
  expect(answer).toMatchObject({ data: { list: null }, errors: [{ path: ['list'] }] })
})
