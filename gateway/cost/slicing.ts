import {
  type FieldNode,
  type GraphQLField,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'

/** As the client sent them: what is no number or list counts as absent, and is refused when variables are coerced. */
export type VariableValues = Readonly<Record<string, unknown>>

/** @returns a figure of the operation with these variables, before anything of it ran. */
export type Estimate = (variables: VariableValues) => number

/** One argument that bounds a list: what it was given, or what it is without. */
export type Slice = {
  readonly argument: string
  readonly isGiven: boolean
  /** -1 when it bounds nothing. A list bounds by its length. */
  readonly sizeOf: Estimate
}

export function readSlices(
  argumentNames: readonly string[],
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): readonly Slice[] {
  return argumentNames.map((argument) => {
    const given = node.arguments?.find((candidate) => candidate.name.value === argument)?.value
    const fallback = field.args.find((candidate) => candidate.name === argument)?.defaultValue
    return {
      argument,
      isGiven: given !== undefined,
      sizeOf: given === undefined ? () => sizeOf(fallback) : (variables) => sizeOf(read(given, variables, fallback)),
    }
  })
}

/** Lets an estimate see the defaults of variables that were not sent. */
export function withDefaults(operation: OperationDefinitionNode): (estimate: Estimate) => Estimate {
  const defaults: Record<string, unknown> = {}
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue !== undefined) defaults[variable.name.value] = valueFromASTUntyped(defaultValue)
  }
  if (Object.keys(defaults).length === 0) return (estimate) => estimate
  return (estimate) => (variables) => estimate({ ...defaults, ...variables })
}

function sizeOf(value: unknown): number {
  if (typeof value === 'number') return Math.max(0, value)
  return Array.isArray(value) ? value.length : -1
}

function read(node: ValueNode, variables: VariableValues, fallback: unknown): unknown {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const value = variables[node.name.value]
      return value === undefined ? fallback : value
    }
    case Kind.INT:
      return Number(node.value)
    case Kind.LIST:
      return node.values
    default:
      return undefined
  }
}
