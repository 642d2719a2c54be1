import {
  type ArgumentNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  parse,
  print,
  type StringValueNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql'
import { argumentOf } from './supergraph-arguments.ts'

/**
 * Planners mix up a field that `@requires` reads with arguments with the same field read with other arguments, by the
 * client or by another `@requires`: there is one key for both. So planners get a supergraph in which every such pair
 * of field and arguments is a field of its own, and their plans are read back in the graph's terms.
 * See docs/decisions/011-executor-requires.md.
 */
export type SplitRequires = {
  /** What planners are given. */
  readonly document: DocumentNode
  /** By the invented field's name. Empty: the graph has no such `@requires`, and plans need no reading back. */
  readonly inventions: ReadonlyMap<string, Invention>
  /** Inputs of a field with `@requires`, as names of inventions, by field name. */
  readonly inputsOf: ReadonlyMap<string, ReadonlySet<string>>
}

export type Invention = { readonly name: string; readonly arguments: readonly ArgumentNode[] }

export const splitRequires = (supergraph: DocumentNode): SplitRequires => {
  const inventions = new Map<string, Invention>()
  const names = new Map<string, string>()
  const inputsOf = new Map<string, Set<string>>()

  const invent = (field: FieldNode): FieldNode => {
    const given = field.arguments ?? []
    if (given.length === 0) return field
    const identity = `${field.name.value}(${given.map(print).sort().join()})`
    const name = names.get(identity) ?? `${field.name.value}__input${names.size}`
    names.set(identity, name)
    inventions.set(name, { name: field.name.value, arguments: given })
    return { ...field, name: { kind: Kind.NAME, value: name }, arguments: [] }
  }

  const rewriteRequires = (value: StringValueNode, fieldName: string): StringValueNode => {
    const inputs = inputsOf.get(fieldName) ?? new Set()
    const rewritten = visit(parse(`{${value.value}}`, { noLocation: true }), {
      Field: (field) => {
        const invented = invent(field)
        if (invented !== field) inputs.add(invented.name.value)
        return invented
      },
    })
    if (inputs.size > 0) inputsOf.set(fieldName, inputs)
    return { ...value, value: stripIgnoredCharacters(print(rewritten)).slice(1, -1) }
  }

  const required = visit(supergraph, {
    FieldDefinition: (definition) =>
      visit(definition, {
        Directive: (directive) => {
          if (directive.name.value !== 'join__field') return false
          return undefined
        },
        Argument: (argument) =>
          argument.name.value === 'requires' && argument.value.kind === Kind.STRING
            ? { ...argument, value: rewriteRequires(argument.value, definition.name.value) }
            : undefined,
      }),
  })
  if (inventions.size === 0) return { document: supergraph, inventions, inputsOf }

  const addInventions = (fields: readonly FieldDefinitionNode[] | undefined): FieldDefinitionNode[] =>
    (fields ?? []).flatMap((field) => [
      field,
      ...[...inventions].flatMap(([name, invention]) =>
        invention.name === field.name.value
          ? [{ ...field, name: { kind: Kind.NAME as const, value: name }, arguments: [] }]
          : [],
      ),
    ])
  const added = visit(required, {
    ObjectTypeDefinition: (type) => ({ ...type, fields: addInventions(type.fields) }),
    InterfaceTypeDefinition: (type) => ({ ...type, fields: addInventions(type.fields) }),
  })
  return { document: withoutIdleExternals(added, inventions), inventions, inputsOf }
}

/**
 * Apollo's planner refuses a subgraph with an external field that nothing there reads. Splitting makes such fields:
 * the real one where only inventions are read, an invention where only another is.
 */
const withoutIdleExternals = (document: DocumentNode, inventions: ReadonlyMap<string, Invention>): DocumentNode => {
  const touched = new Set([...inventions].flatMap(([name, invention]) => [name, invention.name]))
  const read = new Set<string>()
  const readIn = (graph: string | undefined, fields: string | undefined): void => {
    if (fields === undefined) return
    visit(parse(`{${fields}}`, { noLocation: true }), {
      Field: (field) => void read.add(`${graph} ${field.name.value}`),
    })
  }
  visit(document, {
    Directive: (directive) => {
      const graph = argumentOf(directive, 'graph')
      if (directive.name.value === 'join__type') readIn(graph, argumentOf(directive, 'key'))
      if (directive.name.value !== 'join__field') return
      readIn(graph, argumentOf(directive, 'requires'))
      readIn(graph, argumentOf(directive, 'provides'))
    },
    InterfaceTypeDefinition: (type) => {
      const graphs = (type.directives ?? []).map((directive) => argumentOf(directive, 'graph'))
      for (const field of type.fields ?? []) for (const graph of graphs) read.add(`${graph} ${field.name.value}`)
    },
  })
  return visit(document, {
    FieldDefinition: (field) => {
      if (!touched.has(field.name.value)) return undefined
      const directives = (field.directives ?? []).filter((directive) => {
        return (
          argumentOf(directive, 'external') !== 'true' ||
          read.has(`${argumentOf(directive, 'graph')} ${field.name.value}`)
        )
      })
      return { ...field, directives }
    },
  })
}
