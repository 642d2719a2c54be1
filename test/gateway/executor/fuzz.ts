import { isDeepStrictEqual } from 'node:util'
import { type DocumentNode, type GraphQLSchema, getOperationAST, parse, print, validate, visit } from 'graphql'
import { getVariableValues } from 'graphql/execution/values.js'
import { compileActualCost } from '../../../gateway/cost/actual.ts'
import type { PlannerChoice } from '../../../gateway/executor/choose-planner.ts'
import { isDataObject } from '../../../gateway/executor/data.ts'
import { createExecutor, type Executor } from '../../../gateway/executor/executor.ts'
import type { KeptEntities } from '../../../gateway/executor/keepable.ts'
import { type Weights, weigh } from '../../../gateway/executor/weights.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'
import { runInParts } from './in-parts.ts'
import { createRandom, createRandomOperation, type Random, type RandomOperation } from './random-operation.ts'
import { composeWorld, createWorldTransports, executeMonolith, type World } from './world.ts'
import { createWorldCache } from './world-cache.ts'

export type FuzzOptions = {
  readonly operations: number
  readonly seed: number
  readonly planner: PlannerChoice
  /** Keeps all that can be kept of entities, over some operations on one world. */
  readonly keep?: boolean
}
export type Failure = { readonly operation: RandomOperation; readonly world: World; readonly difference: string }
type Answer = {
  readonly data: unknown
  readonly errors: readonly { readonly path?: readonly (string | number)[] }[]
}

type Pace = { isShuffled: boolean }
type Tried = { readonly executor: Executor; readonly pace: Pace; readonly kept: KeptEntities | undefined }

/** Runs random operations over the federated world and over the same world as one schema; gives what differs. */
export const fuzz = async ({ operations, seed, planner, keep = false }: FuzzOptions): Promise<Failure[]> => {
  const random = createRandom(seed)
  let world: World = { seed, nullRate: 0.1, errorRate: 0 }
  const pace: Pace = { isShuffled: false }
  const cache = keep ? createWorldCache() : undefined
  const executor = createExecutor({
    supergraphSdl: composeWorld(),
    transports: outOfOrder(
      createWorldTransports(() => world),
      pace,
      createRandom(seed + 1),
    ),
    planner,
    keepable: cache?.keepable ?? [],
  })
  const tried: Tried = { executor, pace, kept: cache?.kept }
  const failures: Failure[] = []
  for (let done = 0; done < operations; ) {
    const operation = createRandomOperation(executor.apiSchema, random)
    if (validate(executor.apiSchema, parse(operation.text)).length > 0) continue
    done++
    const round = keep ? Math.ceil(done / operationsPerWorld) : done
    if (!keep || done % operationsPerWorld === 1) {
      world = { seed: Math.floor(random() * 1e9), nullRate: random() * 0.2, errorRate: round % 2 === 0 ? 0 : 0.08 }
      cache?.dropAll()
    }
    const difference = await compare(tried, operation, world)
    if (difference === undefined) continue
    const least = await shrink(tried, operation, world)
    failures.push({ operation: least, world, difference: (await compare(tried, least, world)) ?? difference })
  }
  if (cache !== undefined && cache.hits() === 0) throw new Error('Nothing was taken from what was kept')
  return failures
}

const operationsPerWorld = 5

/** While shuffled, answers come in any order, as over a network. */
const outOfOrder = (
  transports: ReadonlyMap<string, SubgraphTransport>,
  pace: Pace,
  random: Random,
): ReadonlyMap<string, SubgraphTransport> =>
  new Map(
    [...transports].map(([name, transport]) => [
      name,
      {
        ...transport,
        call: (request) => {
          const turns = pace.isShuffled ? Math.floor(random() * 4) : 0
          return turns === 0 ? transport.call(request) : afterTurns(turns).then(() => transport.call(request))
        },
      },
    ]),
  )

const afterTurns = async (turns: number): Promise<void> => {
  for (let left = turns; left > 0; left--) await new Promise(setImmediate)
}

const compare = async (
  { executor, pace, kept }: Tried,
  operation: RandomOperation,
  world: World,
): Promise<string | undefined> => {
  const expected = await executeMonolith(executor.apiSchema, operation.text, operation.variables, world)
  let answer: Answer
  let asData: Answer
  let inParts: Awaited<ReturnType<typeof runInParts>>
  try {
    const document = parse(operation.text)
    const prepared = executor.prepare(document)
    const definitions = getOperationAST(document)?.variableDefinitions ?? []
    const { coerced } = getVariableValues(executor.apiSchema, definitions, { ...operation.variables })
    const request = { variables: coerced ?? {}, headers: {}, signal: AbortSignal.timeout(60_000), kept }
    const text = await executor.executeToText(prepared, request)
    answer = { errors: JSON.parse(JSON.stringify(text.errors)), data: JSON.parse(text.text) }
    const weights = weightsOf(document, executor.apiSchema)
    const [weighed, read] = [text.weigh?.(weights), weigh(isDataObject(answer.data) ? answer.data : {}, weights)]
    if (weighed !== undefined && weighed !== read) return show('weights differ', { weighed, read }, answer)
    asData = JSON.parse(JSON.stringify(await executor.execute(prepared, request)))
    pace.isShuffled = true
    inParts = await runInParts(prepared, request)
  } catch (error) {
    return `threw ${error instanceof Error ? `${error.stack} ${String(error.cause)}` : error}`
  } finally {
    pace.isShuffled = false
  }
  // What is kept spares the second run calls, so its other calls may end in another order.
  const isSame =
    isDeepStrictEqual(answer, asData) || (kept !== undefined && isDeepStrictEqual(sorted(answer), sorted(asData)))
  if (!isSame) return show('text and data differ', asData, answer)
  if (!isDeepStrictEqual(answer.data, expected.data)) return show('data differs', expected, answer)
  const told = nulledPlaces(answer)
  if (!isDeepStrictEqual(told, nulledPlaces(expected))) return show('error paths differ', expected, answer)
  const paths = answer.errors.map((error) => JSON.stringify(error.path))
  if (new Set(paths).size !== paths.length) return show('an error is told twice', expected, answer)
  return compareParts(asData, inParts)
}

/** As the cost of an answer weighs its parts. */
const weightsOf = (document: DocumentNode, schema: GraphQLSchema): Weights => {
  const operation = getOperationAST(document)
  let weights: Weights = []
  if (operation) {
    // Weighing some scalars too tells more apart.
    const directives = { fieldWeights: new Map(), typeWeights: new Map([['Int', 2]]), listSizes: new Map() }
    const keep = (given: Weights) => {
      weights = given
      return 0
    }
    compileActualCost(document, operation, schema, directives)({ weigh: keep })
  }
  return weights
}

const sorted = ({ data, errors }: Answer) => ({ data, errors: errors.map((error) => JSON.stringify(error)).sort() })

/** All parts together are the whole answer, and each place that an error nulled is told of in some part. */
const compareParts = (
  whole: Answer,
  { payloads, whole: returned, merged }: Awaited<ReturnType<typeof runInParts>>,
): string | undefined => {
  if (!isDeepStrictEqual(returned.data, whole.data)) return show('whole data in parts differs', whole, returned)
  if (!isDeepStrictEqual(nulledPlaces(returned), nulledPlaces(whole))) {
    return show('errors of the whole in parts differ', whole, returned)
  }
  if (payloads.length === 0) return undefined
  const last = payloads.flatMap((payload) => ('isLast' in payload ? payload.isLast : []))
  if (last.indexOf(true) !== last.length - 1) return show('no part is the last', whole, payloads)
  const isSame = isDeepStrictEqual(merged, whole.data)
  if (!isSame && !(whole.errors.length > 0 && agrees(merged, whole.data))) return show('parts differ', whole, payloads)
  if (!isSame) return undefined
  const told = payloads.flatMap((payload) =>
    'incremental' in payload ? payload.incremental.flatMap(({ errors }) => errors ?? []) : payload.errors,
  )
  const places = nulledPlaces({ data: merged, errors: told as Answer['errors'] })
  return isDeepStrictEqual(places, nulledPlaces(whole)) ? undefined : show('errors in parts differ', whole, payloads)
}

/** A null that goes up stays within its part, so it takes less with it than in the whole answer. */
const agrees = (merged: unknown, whole: unknown): boolean => {
  if (whole === null) return true
  if (typeof whole !== 'object' || typeof merged !== 'object' || merged === null) return merged === whole
  const keys = Object.keys(whole)
  const left = new Map(Object.entries(merged))
  return keys.length === left.size && Object.entries(whole).every(([key, value]) => agrees(left.get(key), value))
}

/**
 * Where errors made a null that the client sees, sorted. Under such a null the one schema stops at the first error
 * while subgraphs go on, and both may be told; a path that meets no null would be an error about nothing.
 */
const nulledPlaces = (answer: Answer): string[] => {
  const places = new Set<string>()
  for (const { path } of answer.errors) {
    let value = answer.data
    const at: (string | number)[] = []
    for (const element of path ?? []) {
      if (value === null || typeof value !== 'object') break
      value = Object.entries(value).find(([key]) => key === String(element))?.[1]
      at.push(element)
    }
    places.add(value === null ? JSON.stringify(at) : `no null at ${JSON.stringify(path)}`)
  }
  return [...places].sort()
}

const show = (what: string, expected: unknown, answer: unknown): string =>
  `${what}\n  expected ${JSON.stringify(expected)}\n  got      ${JSON.stringify(answer)}`

/** Leaves out whatever can be left out with the operation still valid and still answered differently. */
const shrink = async (tried: Tried, operation: RandomOperation, world: World): Promise<RandomOperation> => {
  let least = operation
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const text of smaller(tried.executor.apiSchema, least.text)) {
      const candidate = { ...least, text }
      if ((await compare(tried, candidate, world)) === undefined) continue
      least = candidate
      isSmaller = true
      break
    }
  }
  return least
}

const smaller = function* (schema: GraphQLSchema, text: string): Generator<string> {
  const document = parse(text)
  let count = 0
  visit(document, { enter: () => void count++ })
  for (let remove = 0; remove < count; remove++) {
    let at = 0
    const cut = visit(document, {
      enter: (node) => {
        const isRemoved = at++ === remove
        const isRemovable = [
          'Field',
          'InlineFragment',
          'FragmentSpread',
          'Directive',
          'FragmentDefinition',
          'VariableDefinition',
          'Argument',
        ].includes(node.kind)
        if (isRemoved && isRemovable) return null
        if (isRemoved && node.kind === 'Name') return undefined
        return undefined
      },
    })
    const printed = print(cut)
    if (printed === print(document)) continue
    try {
      const errors = validate(schema, parse(printed)).filter((error) => !error.message.includes('is never used'))
      if (errors.length === 0) yield printed
    } catch {
      // Not a document any more.
    }
  }
}

const isMain = process.argv[1]?.endsWith('fuzz.ts')
if (isMain) {
  const option = (name: string, otherwise: string) => {
    const at = process.argv.indexOf(`--${name}`)
    return at === -1 ? otherwise : (process.argv[at + 1] ?? otherwise)
  }
  const seed = Number(option('seed', String(Date.now() % 1_000_000)))
  const operations = Number(option('operations', '5000'))
  const planner = option('planner', 'auto')
  const keep = process.argv.includes('--keep')
  console.log(`fuzz: ${operations} operations, seed ${seed}, planner ${planner}${keep ? ', entities kept' : ''}`)
  const failures = await fuzz({
    operations,
    seed,
    planner: planner === 'apollo' || planner === 'hive' ? planner : 'auto',
    keep,
  })
  for (const { operation, world, difference } of failures.slice(0, Number(option('show', '3')))) {
    console.log(operation.text, JSON.stringify(operation.variables), JSON.stringify(world), difference, '\n')
  }
  console.log(`${failures.length} of ${operations} differ`)
  process.exitCode = failures.length === 0 ? 0 : 1
}
