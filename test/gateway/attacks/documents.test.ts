import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contain, outcomeOf, startTarget } from '../../support/attack.ts'
import { ask, type StartedGateway } from '../../support/start-gateway.ts'

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i)).join(' ')
const nest = (depth: number, name: string, leaf: string): string =>
  `${`${name} { `.repeat(depth)}${leaf}${' }'.repeat(depth)}`

describe('attacks by document', () => {
  let target: StartedGateway
  const outcome = async (query: string, variables?: Record<string, unknown>) =>
    outcomeOf(await contain(target, () => ask(target.url, query, variables)))
  const limitOf = async (query: string) => {
    const { status, body } = await contain(target, () => ask(target.url, query))
    const { code, details } = body.errors[0].extensions
    expect(details.value).toBeGreaterThan(details.allowed)
    return [status, code, details.limit]
  }

  beforeAll(async () => {
    target = await startTarget()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('aliases, of fields and of __typename', async () => {
    expect(await limitOf(`{ thing(id: 1) { ${many(400, (i) => `a${i}: name`)} } }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxAliases',
    ])
    expect(await limitOf(`{ thing(id: 1) { ${many(400, (i) => `a${i}: __typename`)} } }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxAliases',
    ])
    expect(await limitOf(`{ ${many(30, (i) => `a${i}: thing(id: ${i}) { id }`)} }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxRootFields',
    ])
  })

  it('aliases of entities, and the subgraphs’ own fields', async () => {
    const entities = many(15, (i) => `e${i}: _entities(representations: []) { __typename }`)
    expect(await outcome(`{ ${entities} }`)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    expect(await outcome('{ _service { sdl } }')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
  })

  it('duplicated fields, directives and fragments', async () => {
    expect(await outcome(`{ thing(id: 1) { ${'name '.repeat(1_900)} } }`)).toEqual([400, 'QUERY_TOO_COMPLEX'])
    expect(await outcome(`{ thing(id: 1) { ${'name '.repeat(500)} } }`)).toEqual([200, 'ok'])
    expect(await limitOf(`{ thing(id: 1) { ${'name '.repeat(20_000)} } }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxTokens',
    ])
    expect(await limitOf(`{ thing(id: 1) { name ${'@include(if: true) '.repeat(60)} } }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxDirectives',
    ])
    expect(await outcome(`{ thing(id: 1) { name ${'@nope '.repeat(50)} } }`)).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ])
    expect(await outcome(`{ thing(id: 1) { ${'...F '.repeat(600)} } } fragment F on Thing { id }`)).toEqual([200, 'ok'])
  })

  it('circular fragments', async () => {
    expect(
      await outcome('{ thing(id: 1) { ...A } } fragment A on Thing { ...B } fragment B on Thing { ...A }'),
    ).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    const ring = many(150, (i) => `fragment F${i} on Thing { ...F${(i + 1) % 150} }`)
    expect(await outcome(`{ thing(id: 1) { ...F0 } } ${ring}`)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
  })

  it('fragment bombs', async () => {
    const bomb = many(30, (i) => `fragment F${i} on Thing { ...F${i + 1} ...F${i + 1} }`)
    expect(await limitOf(`{ thing(id: 1) { ...F0 } } ${bomb} fragment F30 on Thing { id }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxRecursiveSelections',
    ])
    const nested = many(10, (i) => `fragment F${i} on Thing { parent { ...F${i + 1} } p: parent { ...F${i + 1} } }`)
    expect(await limitOf(`{ thing(id: 1) { ...F0 } } ${nested} fragment F10 on Thing { id }`)).toEqual([
      400,
      'QUERY_TOO_COSTLY',
      'maxCost',
    ])
    const unused = many(20, (i) => `fragment F${i} on Thing { ...F${i + 1} ...F${i + 1} }`)
    expect(await limitOf(`{ dear } ${unused} fragment F20 on Thing { id }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxRecursiveSelections',
    ])
  })

  it('overlapping fragments', async () => {
    const overlap = many(90, (i) => `fragment F${i} on Thing { parent { parent { id name } } }`)
    expect(await outcome(`{ thing(id: 1) { ${many(90, (i) => `...F${i}`)} } } ${overlap}`)).toEqual([200, 'ok'])
    const inline = many(200, () => '... on Thing { parent { id } }')
    expect(await outcome(`{ thing(id: 1) { ${inline} } }`)).toEqual([200, 'ok'])
  })

  it('deep nesting, of known and unknown fields, of entities, lists and objects', async () => {
    expect(await limitOf(`{ thing(id: 1) { ${nest(20, 'parent', 'id')} } }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxDepth',
    ])
    expect(await limitOf(`{ ${nest(600, 'nope', 'id')} }`)).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxNesting'])
    expect(await limitOf(`{ ${nest(20_000, 'a', 'a')} }`)).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxTokens'])
    expect(await outcome('{'.repeat(60_000))).toEqual([400, 'QUERY_TOO_COMPLEX'])
    expect(await limitOf('['.repeat(1_999))).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxNesting'])
    expect(await outcome(`{ nested(value: ${'['.repeat(900)}${']'.repeat(900)}) }`)).toEqual([400, 'QUERY_TOO_COMPLEX'])
    expect(await limitOf(`{ nested(value: ${'['.repeat(30_000)}${']'.repeat(30_000)}) }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxTokens',
    ])
    expect(await limitOf(`{ nested(value: ${'{inner: '.repeat(40)}{}${'}'.repeat(40)}) }`)).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
      'maxValueDepth',
    ])
  })

  it('nested lists, whose sizes multiply', async () => {
    const { body, status } = await contain(target, () =>
      ask(target.url, `{ things(first: 100) { ${nest(4, 'parts(first: 100)', 'id')} } }`),
    )
    expect([status, body.errors[0].extensions.details.limit]).toEqual([400, 'maxListNodes'])
  })

  it('introspection by strangers, deep and flat', async () => {
    expect(await outcome('{ __schema { types { name } } }')).toEqual([403, 'FORBIDDEN'])
    expect(await outcome('{ ...F } fragment F on Query { __type(name: "Query") { name } }')).toEqual([403, 'FORBIDDEN'])
    expect(await outcome(`{ __schema { types { ${nest(20, 'fields { type', 'name')} } } }`)).toEqual([
      400,
      'GRAPHQL_PARSE_FAILED',
    ])
    expect(
      await limitOf(`{ __schema { types { ${'fields { type { '.repeat(10)} name ${'} } '.repeat(10)} } } }`),
    ).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxDepth'])
  })

  it('a document of commas, of spaces, of comments', async () => {
    expect(await outcome(`{ dear ${','.repeat(120_000)} }`)).toEqual([200, 'ok'])
    expect(await outcome(`{ dear ${' '.repeat(120_000)} }`)).toEqual([200, 'ok'])
    expect(await outcome(`{ dear }${'\n#'.repeat(30_000)}`)).toEqual([200, 'ok'])
  })

  it('thousands of operations, unknown fields and variables', async () => {
    expect(await limitOf(many(300, (i) => `query Q${i} { dear }`))).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxOperations'])
    expect(await limitOf(many(5_000, (i) => `query Q${i} { dear }`))).toEqual([400, 'QUERY_TOO_COMPLEX', 'maxTokens'])
    const unknown = await contain(target, () =>
      ask(target.url, `{ thing(id: 1) { ${many(1_900, (i) => `nope${i}`)} } }`),
    )
    expect(unknown.body.errors).toHaveLength(20)
    expect(await outcome(`query(${many(450, (i) => `$v${i}: Int`)}) { dear }`)).toEqual([
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ])
  })

  it('long names, for which nothing is suggested', async () => {
    const long = await contain(target, () => ask(target.url, `{ ${'dea'.repeat(30_000)} }`))
    expect(outcomeOf(long)).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    const near = await contain(target, () => ask(target.url, '{ deer thing(idd: 1) { naem } } query X { dear }'))
    expect(JSON.stringify(near.body)).not.toContain('"dear"')
    expect(await outcome(`query ${'N'.repeat(100_000)} { dear }`)).toEqual([200, 'ok'])
  })

  it('page sizes that are negative, huge or no numbers', async () => {
    expect(await outcome('{ things(first: 9999999999) { id } }')).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
    expect(await outcome('{ things(first: 2147483647) { id } }')).toEqual([400, 'BAD_USER_INPUT'])
    const negative = await contain(target, () => ask(target.url, '{ things(first: -2147483648) { id } }'))
    expect(outcomeOf(negative)).toEqual([200, 'ok'])
    expect(negative.body.extensions.cost.requested).toBeGreaterThanOrEqual(1)
    const query = 'query($n: Int) { things(first: $n) { id } }'
    expect(await outcome(query, { n: 1e308 })).toEqual([400, 'BAD_USER_INPUT'])
    expect(await outcome(query, { n: '100' })).toEqual([400, 'BAD_USER_INPUT'])
    expect(await outcome(query, { n: 1.5 })).toEqual([400, 'BAD_USER_INPUT'])
  })

  it('a flood of unique documents, valid and not', async () => {
    await contain(target, async () => {
      const send = (index: number) =>
        ask(target.url, index % 2 === 0 ? `{ u${index}: things(first: 1) { id } }` : `{ u${index} }`)
      const answers = []
      for (let start = 0; start < 400; start += 10) {
        answers.push(...(await Promise.all(Array.from({ length: 10 }, (_, offset) => send(start + offset)))))
      }
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
      return ask(target.url, '{ dear }')
    })
  })
})
