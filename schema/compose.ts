import { composeServices } from '@apollo/composition'
import { GraphQLError, parse } from 'graphql'

export type SubgraphDefinition = {
  readonly name: string
  /** Where the subgraph is reached; becomes `join__Graph`'s url. */
  readonly url: string
  readonly typeDefs: string
}

export type Composition =
  | { readonly supergraphSdl: string; readonly errors: readonly [] }
  /** One sentence each, beginning with the subgraph or the rule it is about; never empty. */
  | { readonly supergraphSdl: null; readonly errors: readonly string[] }

/**
 * Composes Federation 2 subgraphs into one supergraph. Pure: the same texts give the same supergraph,
 * whatever their order.
 */
export function composeSubgraphs(subgraphs: readonly SubgraphDefinition[]): Composition {
  const errors: string[] = []
  const services = subgraphs.flatMap(({ name, url, typeDefs }) => {
    try {
      return [{ name, url, typeDefs: parse(typeDefs) }]
    } catch (error) {
      errors.push(`[${name}] ${describe(error)}`)
      return []
    }
  })
  if (errors.length > 0) return { supergraphSdl: null, errors }
  if (services.length === 0)
    return { supergraphSdl: null, errors: ['Cannot compose a supergraph: there is no subgraph'] }
  const result = composeServices(services)
  if (result.errors !== undefined) return { supergraphSdl: null, errors: result.errors.map(describe) }
  return { supergraphSdl: `${result.supergraphSdl.trimEnd()}\n`, errors: [] }
}

function describe(error: unknown): string {
  if (!(error instanceof GraphQLError)) return error instanceof Error ? error.message : String(error)
  const at = error.locations?.[0]
  const code = error.extensions.code
  return `${typeof code === 'string' ? `${code}: ` : ''}${error.message}${at === undefined ? '' : ` (line ${at.line}, column ${at.column})`}`
}
