/** Whether GraphQL is answered at a path, and in which version. null: it is not. */
export type RouteOf = (path: string) => { readonly version: string | undefined } | null

/** The paths HTTP answers GraphQL at, for what Fastify does not route. */
export function createRouteOf(paths: readonly string[], isVersioned: boolean): RouteOf {
  return (path) => {
    if (paths.includes(path)) return { version: undefined }
    const [, version, rest] = /^\/([^/]+)(\/.+)$/.exec(path) ?? []
    return isVersioned && version !== undefined && rest !== undefined && paths.includes(rest) ? { version } : null
  }
}
