import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql'
import { unmarkedRootFields } from './unmarked-root-fields.ts'

/** What a viewer must meet; of `anyOf`, all members of one list. */
export type Requirement =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes'; readonly anyOf: readonly (readonly string[])[] }
  | { readonly kind: 'policies'; readonly anyOf: readonly (readonly string[])[] }

/** What a supergraph demands of viewers: numbers into `requirements`, all of which must be met. */
export type AccessRules = {
  readonly requirements: readonly Requirement[]
  /** By `Type.field`. */
  readonly ofField: ReadonlyMap<string, readonly number[]>
  /** By the name of an object, interface, enum or scalar. */
  readonly ofType: ReadonlyMap<string, readonly number[]>
}

const features = { authenticated: 'authenticated', requiresScopes: 'scopes', policy: 'policies' } as const
type Feature = keyof typeof features

/** What a supergraph that links it says: a root field without a rule and without `@public` is for nobody. */
const accessUrl = /^https:\/\/storeloom\.dev\/access\/v1\.\d+$/

/** Of no list can all members be met. */
const nobody: Requirement = { kind: 'policies', anyOf: [] }

/**
 * Reads `@authenticated`, `@requiresScopes`, `@policy` and `@public` of a supergraph, under whatever names it links them.
 * @throws RangeError when it links a security feature that is not one of these: what is not understood is not served
 */
export function readAccessRules(supergraph: DocumentNode): AccessRules {
  const { features: names, publicMark } = readDirectiveNames(supergraph)
  const requirements: Requirement[] = []
  const numbers = new Map<string, number>()
  const ofField = new Map<string, readonly number[]>()
  const ofType = new Map<string, readonly number[]>()

  function numberOf(requirement: Requirement): number {
    const key = JSON.stringify(requirement)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, requirements.length)
    return requirements.push(requirement) - 1
  }

  function read(node: TypeDefinitionNode | FieldDefinitionNode): readonly number[] {
    return (node.directives ?? []).flatMap((directive) => {
      const feature = names.get(directive.name.value)
      return feature === undefined ? [] : [numberOf(requirementOf(feature, directive))]
    })
  }

  for (const definition of supergraph.definitions) {
    if (!isGoverned(definition)) continue
    const own = read(definition)
    if (own.length > 0) ofType.set(definition.name.value, own)
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) {
      const needed = read(field)
      if (needed.length > 0) ofField.set(`${definition.name.value}.${field.name.value}`, needed)
    }
  }
  if (publicMark !== null) {
    for (const { coordinate, returned } of unmarkedRootFields(supergraph, publicMark)) {
      if (!ofField.has(coordinate) && !ofType.has(returned)) ofField.set(coordinate, [numberOf(nobody)])
    }
  }
  return { requirements, ofField, ofType }
}

function isGoverned(node: DocumentNode['definitions'][number]): node is TypeDefinitionNode {
  return (
    node.kind === Kind.OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    node.kind === Kind.ENUM_TYPE_DEFINITION ||
    node.kind === Kind.SCALAR_TYPE_DEFINITION
  )
}

/** Directive names in this supergraph: a link may rename what it brings. */
function readDirectiveNames(supergraph: DocumentNode): {
  readonly features: ReadonlyMap<string, Feature>
  /** The name of `@public`; null: not linked. */
  readonly publicMark: string | null
} {
  const names = new Map<string, Feature>()
  let publicMark: string | null = null
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const directive of definition.directives ?? []) {
      if (directive.name.value !== 'link') continue
      const url = String(argumentOf(directive, 'url') ?? '')
      if (accessUrl.test(url)) publicMark = nameOf(directive, 'public')
      const feature = /^https:\/\/specs\.apollo\.dev\/(authenticated|requiresScopes|policy)\/v0\.\d+$/.exec(url)?.[1]
      if (feature === undefined || !(feature in features)) {
        // The API schema leaves out what is inaccessible, so nobody can ask for it.
        const isKept = url.startsWith('https://specs.apollo.dev/inaccessible/')
        if (argumentOf(directive, 'for') === 'SECURITY' && !isKept)
          throw new RangeError(`security feature ${url} is not known here`)
        continue
      }
      names.set(nameOf(directive, feature), feature as Feature)
    }
  }
  return { features: names, publicMark }
}

function nameOf(link: ConstDirectiveNode, feature: string): string {
  const imported = argumentOf(link, 'import')
  for (const entry of Array.isArray(imported) ? imported : []) {
    if (entry === `@${feature}`) return feature
    if (typeof entry === 'object' && entry !== null && 'name' in entry && entry.name === `@${feature}`) {
      return 'as' in entry && typeof entry.as === 'string' ? entry.as.slice(1) : feature
    }
  }
  const renamed = argumentOf(link, 'as')
  return typeof renamed === 'string' ? renamed : feature
}

function requirementOf(feature: Feature, directive: ConstDirectiveNode): Requirement {
  const kind = features[feature]
  if (kind === 'authenticated') return { kind }
  const value = argumentOf(directive, kind)
  const lists = Array.isArray(value) ? value : []
  return { kind, anyOf: lists.map((list) => (Array.isArray(list) ? list : [list]).map(String)) }
}

function argumentOf(directive: ConstDirectiveNode, name: string): unknown {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
  return value === undefined ? undefined : valueFromASTUntyped(value)
}
