import {
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'

export type ReadVariables = (given: { readonly [name: string]: unknown }) => ReturnType<typeof getVariableValues>

/** A hostile set of variables can be wrong in thousands of places. */
const bounded = { maxErrors: 50 }

/** Gives what is no value of the type, or is none without more work, to graphql-js. */
const unread = Symbol('unread')

type ReadValue = (value: unknown) => unknown

/**
 * Reads an operation's variables as `getVariableValues` of graphql-js, which looks the types up and keeps a path for
 * each value, for errors that hardly ever come. Leaves and lists of them are read by their types alone; whatever does not
 * fit, or is an input object or a default, is left to graphql-js with all the rest.
 *
 * @param options of `getVariableValues`
 */
export function compileVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  options: Parameters<typeof getVariableValues>[3] = bounded,
): ReadVariables {
  const readers = definitions.map((definition) => {
    const type = typeFromAST(schema, definition.type)
    return {
      name: definition.variable.name.value,
      mayBeAbsent: !isNonNullType(type) && definition.defaultValue === undefined,
      read: isInputType(type) ? compileRead(type) : giveUp,
    }
  })
  return (given) => {
    const coerced: { [name: string]: unknown } = {}
    for (const { name, mayBeAbsent, read } of readers) {
      const isGiven = Object.hasOwn(given, name)
      if (!isGiven && mayBeAbsent) continue
      const value = isGiven ? read(given[name]) : unread
      if (value === unread) return getVariableValues(schema, definitions, given, options)
      coerced[name] = value
    }
    return { coerced }
  }
}

function compileRead(type: GraphQLInputType): ReadValue {
  if (isNonNullType(type)) {
    const read = compileRead(type.ofType)
    return (value) => (value === null || value === undefined ? unread : read(value))
  }
  if (isListType(type)) {
    const read = compileRead(type.ofType)
    return nullable((value) => {
      if (!Array.isArray(value)) return unread
      const items: unknown[] = []
      for (const item of value) {
        const known = read(item)
        if (known === unread) return unread
        items.push(known)
      }
      return items
    })
  }
  if (!isLeafType(type)) return giveUp
  return nullable((value) => {
    try {
      const parsed: unknown = type.parseValue(value)
      return parsed === undefined ? unread : parsed
    } catch {
      return unread
    }
  })
}

function nullable(read: ReadValue): ReadValue {
  return (value) => (value === undefined ? unread : value === null ? null : read(value))
}

function giveUp(): typeof unread {
  return unread
}
