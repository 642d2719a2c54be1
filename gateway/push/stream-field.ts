import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
  type UnionTypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql'
import { compilePath, type ReadPath } from './event-path.ts'

export type Condition =
  | { readonly kind: 'matches'; readonly argument: string; readonly path: string; readonly read: ReadPath }
  | {
      readonly kind: 'crosses'
      readonly argument: string
      readonly read: ReadPath
      readonly minus: ReadPath | null
      readonly rearm: string | null
    }

/** A field of Subscription as its SDL declares it. */
export type StreamField = {
  readonly name: string
  readonly events: ReadonlySet<string>
  readonly key: ReadPath
  readonly delivery: 'lossless' | 'conflated'
  readonly distinct: boolean
  /** Names of fields, from the event's type inwards. Empty: everyone may be told. */
  readonly visible: readonly string[]
  readonly conditions: readonly Condition[]
  /** Type of the field: a union, or the event's type itself. */
  readonly payload: string
  readonly eventType: string
  readonly snapshotType: string | null
  /** Paths that must be given by arguments for a snapshot to be taken. */
  readonly snapshotPaths: readonly string[]
  readonly gapType: string | null
}

export type PageField = { readonly name: string; readonly stream: StreamField; readonly payload: string }

export type StreamFields = { readonly streams: readonly StreamField[]; readonly pages: readonly PageField[] }

/** Arguments every stream may have; they choose a place in it, not what is in it. */
export const placeArguments: ReadonlySet<string> = new Set(['after', 'initial', 'first'])

/**
 * Finds what `@eventStream` and `@eventPage` declare in a supergraph.
 * @throws TypeError naming the field whose declaration cannot be
 */
export function readStreamFields(supergraph: DocumentNode): StreamFields {
  const unions = new Map<string, UnionTypeDefinitionNode>()
  const objects = new Map<string, ObjectTypeDefinitionNode>()
  for (const node of supergraph.definitions) {
    if (node.kind === Kind.UNION_TYPE_DEFINITION) unions.set(node.name.value, node)
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION) objects.set(node.name.value, node)
  }
  const streams = (objects.get('Subscription')?.fields ?? []).flatMap((field) => {
    const directive = directiveOf(field, 'eventStream')
    return directive === undefined ? [] : [readStream(field, argumentsOf(directive), unions, objects)]
  })
  const pages = (objects.get('Query')?.fields ?? []).flatMap((field) => {
    const directive = directiveOf(field, 'eventPage')
    if (directive === undefined) return []
    const of = argumentsOf(directive).of
    const stream = streams.find(({ name }) => name === of)
    if (stream === undefined) throw new TypeError(`Cannot page Query.${field.name.value}: there is no stream '${of}'`)
    return [{ name: field.name.value, stream, payload: namedType(field.type) }]
  })
  return { streams, pages }
}

function readStream(
  field: FieldDefinitionNode,
  declared: Readonly<Record<string, unknown>>,
  unions: ReadonlyMap<string, UnionTypeDefinitionNode>,
  objects: ReadonlyMap<string, ObjectTypeDefinitionNode>,
): StreamField {
  const name = field.name.value
  const payload = namedType(field.type)
  const members = unions.get(payload)?.types?.map((type) => type.name.value) ?? [payload]
  const snapshotType = members.find((member) => member.endsWith('Snapshot')) ?? null
  const gapType = members.find((member) => member.endsWith('Gap')) ?? null
  const [eventType, ...others] = members.filter((member) => member !== snapshotType && member !== gapType)
  if (eventType === undefined || others.length > 0) {
    throw new TypeError(`Cannot stream Subscription.${name}: ${payload} needs exactly one type that is an event`)
  }
  const { delivery = 'lossless' } = declared
  if (delivery !== 'lossless' && delivery !== 'conflated') {
    throw new TypeError(`Cannot stream Subscription.${name}: delivery is '${delivery}', allowed: lossless, conflated`)
  }
  return {
    name,
    events: new Set(Array.isArray(declared.events) ? declared.events.map(String) : []),
    key: compilePath(String(declared.key)),
    delivery,
    distinct: declared.distinct === true,
    visible: typeof declared.visible === 'string' ? (declared.visible.match(/\w+/g) ?? []) : [],
    conditions: (field.arguments ?? []).flatMap(readCondition),
    payload,
    eventType,
    snapshotType,
    snapshotPaths: pathsOf(snapshotType === null ? undefined : objects.get(snapshotType)),
    gapType,
  }
}

/** Members of an event's data that a type is made from. */
function pathsOf(type: ObjectTypeDefinitionNode | undefined): readonly string[] {
  const paths = (type?.fields ?? []).flatMap((field) => {
    const declared = directiveOf(field, 'fromEvent')
    const path = declared === undefined ? `data.${field.name.value}` : String(argumentsOf(declared).path)
    return path.match(/\bdata(\.\w+)+/g) ?? []
  })
  return [...new Set(paths)]
}

function readCondition(argument: InputValueDefinitionNode): readonly Condition[] {
  const name = argument.name.value
  const matches = directiveOf(argument, 'matches')
  const crosses = directiveOf(argument, 'crosses')
  const conditions: Condition[] = []
  if (matches !== undefined) {
    const path = String(argumentsOf(matches).path)
    conditions.push({ kind: 'matches', argument: name, path, read: compilePath(path) })
  }
  if (crosses !== undefined) {
    const { path, minus, rearm } = argumentsOf(crosses)
    conditions.push({
      kind: 'crosses',
      argument: name,
      read: compilePath(String(path)),
      minus: typeof minus === 'string' ? compilePath(minus) : null,
      rearm: typeof rearm === 'string' ? rearm : null,
    })
  }
  return conditions
}

export function directiveOf(
  node: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  name: string,
): ConstDirectiveNode | undefined {
  return node.directives?.find((directive) => directive.name.value === name)
}

export function argumentsOf(directive: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (directive.arguments ?? []).map((argument) => [argument.name.value, valueFromASTUntyped(argument.value)]),
  )
}

export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}
