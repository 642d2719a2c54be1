import type { IdentityResolver } from '../../platform/connector/connector.ts'

/** Keeps names of the same thing together, in memory; ids tell how the thing was first called: `variant:sku:A-1`. */
export function createMemoryIdentities(): IdentityResolver {
  const known = new Map<string, string>()
  return {
    idOf(kind, namespace, value, aliases = []) {
      const names = [{ namespace, value }, ...aliases].map((name) => `${kind}:${name.namespace}:${name.value}`)
      const id = names.map((name) => known.get(name)).find((found) => found !== undefined) ?? names[0] ?? kind
      for (const name of names) if (!known.has(name)) known.set(name, id)
      return id
    },
  }
}
