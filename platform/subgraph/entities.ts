import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql'
import type { Rests } from '../cache/rests.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'

type Reference = { readonly __typename?: unknown }
type ResolveReference = (reference: Reference, context: unknown, info: unknown) => unknown

/**
 * Answers `_entities` as the resolver of `@apollo/subgraph` does, which makes a promise for each reference even where its
 * entity is there at once. References to interfaces are left to that resolver.
 * @param schema changed in place
 * @param kept `Type.__resolveReference` of those that note what they rest on
 */
export function resolveEntitiesAtOnce(schema: GraphQLSchema, kept: ReadonlySet<string> = new Set()): void {
  const field = schema.getQueryType()?.getFields()._entities
  const resolveByPromises = field?.resolve
  if (field === undefined || resolveByPromises === undefined) return
  type Entity = { readonly name: string; readonly resolve: ResolveReference | undefined; readonly isNoted: boolean }
  const objects = new Map<unknown, Entity>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    const { name } = type
    objects.set(name, { name, resolve: resolveReferenceOf(type), isNoted: kept.has(`${name}.__resolveReference`) })
  }
  field.resolve = (source, args, context, info) => {
    const { representations } = args as { readonly representations: readonly Reference[] }
    const rests = (context as { readonly rests?: Rests } | undefined)?.rests
    if (!representations.every(({ __typename }) => objects.has(__typename))) {
      rests?.onMore()
      return resolveByPromises(source, args, context, info)
    }
    return representations.map((reference) => {
      const type = objects.get(reference.__typename)
      if (type === undefined) return null
      if (!type.isNoted) rests?.onMore()
      const entity = type.resolve === undefined ? reference : type.resolve(reference, context, info)
      return withTypeName(entity, type.name)
    })
  }
}

function resolveReferenceOf({ extensions }: GraphQLObjectType): ResolveReference | undefined {
  const { apollo } = extensions as { readonly apollo?: { readonly subgraph?: { readonly resolveReference?: unknown } } }
  const resolve = apollo?.subgraph?.resolveReference
  return typeof resolve === 'function' ? (resolve as ResolveReference) : undefined
}

/** The union's type is told by the entity itself. */
function withTypeName(entity: MaybePromise<unknown>, typeName: string): MaybePromise<unknown> {
  if (isPromise(entity)) return entity.then((ready) => withTypeName(ready, typeName))
  if (typeof entity !== 'object' || entity === null) return entity
  if ('__typename' in entity) return entity.__typename === typeName ? entity : { ...entity, __typename: typeName }
  if (!Object.isExtensible(entity)) return { ...entity, __typename: typeName }
  return Object.defineProperty(entity, '__typename', { value: typeName })
}
