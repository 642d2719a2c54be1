import { type GraphQLLeafType, isEnumType } from 'graphql'

/** Gives a leaf value as the API schema has it; undefined when it is none of the type's values. Never sees null. */
export type CompleteLeaf = (value: unknown) => unknown

/**
 * What a subgraph sends is already serialised; checked is only what the API schema can tell: an enum may lack
 * inaccessible values, and the built-in scalars have one JSON type each. Custom scalars pass as they are.
 */
export const createCompleteLeaf = (type: GraphQLLeafType): CompleteLeaf => {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map((value) => value.name))
    return (value) => (names.has(value) ? value : undefined)
  }
  switch (type.name) {
    case 'Int':
      return (value) => (Number.isInteger(value) ? value : undefined)
    case 'Float':
      return (value) => (typeof value === 'number' ? value : undefined)
    case 'Boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined)
    case 'String':
    case 'ID':
      return (value) =>
        typeof value === 'string'
          ? value
          : typeof value === 'number' || typeof value === 'boolean'
            ? String(value)
            : undefined
    default:
      return (value) => value
  }
}
