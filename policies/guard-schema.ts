import { createRequire } from 'node:module'
import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { Guards } from './guards.ts'
import type { Policy } from './policy.ts'

type Shield = typeof import('graphql-shield')
type Middleware = (
  resolve: GraphQLFieldResolver<unknown, unknown>,
  ...call: Parameters<GraphQLFieldResolver<unknown, unknown>>
) => unknown

// Its ESM build does not load on Node 23 and above; the CommonJS build does.
const loadShield = (): Shield => createRequire(import.meta.url)('graphql-shield') as Shield

const entityField = '_entities'

/**
 * Puts the policies of a subgraph before its resolvers, by graphql-shield. Of its middleware, which would wrap every
 * field of the schema, only what guards something is used.
 *
 * @param schema changed in place; its calls' context has a `viewer`
 * @throws TypeError when a guard names a field the schema has not, or a policy that is not listed
 */
export function guardSchema(schema: GraphQLSchema, guards: Guards, policies: readonly Policy[]): GraphQLSchema {
  const shield = loadShield()
  const byName = new Map(policies.map((policy) => [policy.name, policy]))
  const policyOf = (name: string): Policy => {
    const policy = byName.get(name)
    if (policy === undefined) throw new TypeError(`Cannot guard: there is no policy ${name}`)
    return policy
  }
  // The rule's name is its key in the cache of a call: one decision per policy and call.
  const rules = new Map(
    [...new Set(Object.values(guards.fields))].map((name) => {
      const policy = policyOf(name)
      const decide = (_parent: unknown, _args: unknown, context: unknown) => isAllowed(policy, context)
      return [name, shield.rule(name, { cache: 'contextual' })(decide)] as const
    }),
  )
  const entityRule = shield.rule('entities', { cache: 'no_cache' })((_parent, args, context) =>
    typeNamesOf(args).every((typeName) => {
      const name = Object.hasOwn(guards.entities, typeName) ? guards.entities[typeName] : undefined
      return name === undefined || isAllowed(policyOf(name), context)
    }),
  )
  for (const name of Object.values(guards.entities)) policyOf(name)

  const coordinates = Object.entries(guards.fields).flatMap(([coordinate, name]) => {
    const rule = rules.get(name)
    return rule === undefined ? [] : [[coordinate, rule] as const]
  })
  const references = [[`Query.${entityField}`, entityRule] as const]
  const all = [...coordinates, ...(Object.keys(guards.entities).length === 0 ? [] : references)]
  const tree: Record<string, Record<string, (typeof all)[number][1]>> = {}
  for (const [coordinate, rule] of all) {
    const [type = '', field = ''] = coordinate.split('.')
    tree[type] = { ...tree[type], [field]: rule }
  }
  const middleware = shield
    .shield(tree, { allowExternalErrors: true, fallbackError: forbidden() })
    .generate(schema) as Readonly<Record<string, Readonly<Record<string, Middleware>>>>
  const isGuarded = (args: unknown) => typeNamesOf(args).some((typeName) => Object.hasOwn(guards.entities, typeName))
  for (const [coordinate] of all) {
    // Most references name no guarded entity: they need not wait for a rule that has nothing to decide.
    guardField(schema, coordinate, middleware, coordinate === `Query.${entityField}` ? isGuarded : undefined)
  }
  return schema
}

function guardField(
  schema: GraphQLSchema,
  coordinate: string,
  middleware: Readonly<Record<string, Readonly<Record<string, Middleware>>>>,
  isGuarded: (args: unknown) => boolean = () => true,
): void {
  const [typeName = '', fieldName = ''] = coordinate.split('.')
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined
  const guard = middleware[typeName]?.[fieldName]
  if (field === undefined || guard === undefined)
    throw new TypeError(`Cannot guard ${coordinate}: there is no such field`)
  const resolve =
    field.resolve ??
    ((parent) => (typeof parent === 'object' && parent !== null ? Reflect.get(parent, fieldName) : undefined))
  field.resolve = (parent, args, context, info) =>
    isGuarded(args) ? guard(resolve, parent, args, context, info) : resolve(parent, args, context, info)
}

function isAllowed(policy: Policy, context: unknown): boolean {
  const { viewer } = context as { readonly viewer?: Viewer }
  return viewer !== undefined && policy.decide(viewer).allowed
}

function typeNamesOf(args: unknown): readonly string[] {
  const { representations } = args as { readonly representations?: readonly { readonly __typename?: unknown }[] }
  return (representations ?? []).map(({ __typename }) => String(__typename))
}

function forbidden(): AppError {
  return new AppError('FORBIDDEN', 'Cannot answer the field: it is not for this client')
}
