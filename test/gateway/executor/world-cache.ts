import { buildSubgraphSchema } from '@apollo/subgraph'
import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isCompositeType, isObjectType, parse } from 'graphql'
import { createEntityCache, type Tally } from '../../../gateway/entity-cache/entity-cache.ts'
import type { EntityRule } from '../../../gateway/entity-cache/entity-rules.ts'
import { createEntityStore } from '../../../gateway/entity-cache/entity-store.ts'
import type { FieldTree } from '../../../gateway/executor/keepable.ts'
import { createAppliedEvents } from '../../../platform/event-log/applied-events.ts'
import { anonymous } from '../../support/viewers.ts'
import { subgraphTypeDefs } from './world-sdl.ts'

/** Keeps every field without arguments of every entity with an `id`, also those no SDL would declare: one world never changes. */
export const createWorldCache = () => {
  const applied = createAppliedEvents()
  const store = createEntityStore({ maxEntries: 1_000, maxBytes: 10_000_000 })
  const rules = Object.entries(subgraphTypeDefs).flatMap(([service, typeDefs]) => rulesOf(service, typeDefs))
  const appliedBy = new Map(Object.keys(subgraphTypeDefs).map((name) => [name, new Set(['changed'])]))
  const cache = createEntityCache(rules, { store, applied, appliedBy, staleServed: () => 0 })
  cache.start()
  const tally: Tally = {}
  return {
    keepable: cache.keepable,
    kept: cache.for(anonymous, tally),
    dropAll: applied.appliedUnknown,
    hits: () => store.counts.hits,
  }
}

const rulesOf = (service: string, typeDefs: string): EntityRule[] => {
  const schema = buildSubgraphSchema({ typeDefs: parse(typeDefs) })
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => 'id' in type.getFields() && !type.name.startsWith('_'))
    .map((type) => ({
      service,
      typeName: type.name,
      fields: treeOf(type, schema, 3),
      events: new Set(['changed']),
      ids: [],
      sees: [],
    }))
}

const treeOf = (type: GraphQLObjectType, schema: GraphQLSchema, depth: number): FieldTree => {
  const tree = new Map<string, FieldTree | null>()
  for (const field of Object.values(type.getFields())) {
    const below = getNamedType(field.type)
    if (field.args.length > 0) continue
    if (!isCompositeType(below)) tree.set(field.name, null)
    else if (isObjectType(below) && depth > 0) tree.set(field.name, treeOf(below, schema, depth - 1))
  }
  return tree
}
