import { Kind, parse, type ValueNode } from 'graphql'
import { AppError } from '../platform/errors/app-error.ts'

/**
 * Where each subgraph of a supergraph is reached, by name: what `enum join__Graph` says of it.
 * @throws AppError `CONFIG_INVALID` when the text is no supergraph
 */
export function readJoinGraph(supergraphSdl: string): ReadonlyMap<string, string> {
  const urls = new Map<string, string>()
  for (const definition of parseSdl(supergraphSdl).definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue
    for (const value of definition.values ?? []) {
      const graph = value.directives?.find((directive) => directive.name.value === 'join__graph')
      const argument = (name: string) => textOf(graph?.arguments?.find((one) => one.name.value === name)?.value)
      urls.set(argument('name') ?? value.name.value, argument('url') ?? '')
    }
  }
  if (urls.size > 0) return urls
  throw new AppError('CONFIG_INVALID', 'Cannot read the supergraph: it has no enum join__Graph, is it composed?')
}

function parseSdl(text: string) {
  try {
    return parse(text, { noLocation: true })
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'Cannot read the supergraph: it is not GraphQL SDL', { cause })
  }
}

function textOf(node: ValueNode | undefined): string | undefined {
  return node?.kind === Kind.STRING ? node.value : undefined
}
