import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { assetPath } from '../../platform/assets.ts'

/** A query the page opens with, in a tab of its own. */
export type Example = {
  readonly title: string
  /** As whom it is asked in development. Absent: as nobody in particular. */
  readonly viewer?: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** Nothing from elsewhere, and no script in the page itself; GraphiQL sets inline styles. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Every file of the page; those of packages are served as their makers built them. */
const files = [
  { url: '/', type: 'text/html', path: () => assetPath('gateway/graphiql/page.html') },
  { url: '/graphiql/page.css', type: 'text/css', path: () => assetPath('gateway/graphiql/page.css') },
  { url: '/graphiql/start.js', type: 'text/javascript', path: () => assetPath('gateway/graphiql/start.js') },
  { url: '/graphiql/graphiql.css', type: 'text/css', path: () => packageFile('graphiql', 'graphiql.min.css') },
  { url: '/graphiql/graphiql.js', type: 'text/javascript', path: () => packageFile('graphiql', 'graphiql.min.js') },
  {
    url: '/graphiql/react.js',
    type: 'text/javascript',
    path: () => packageFile('react', 'umd/react.production.min.js'),
  },
  {
    url: '/graphiql/react-dom.js',
    type: 'text/javascript',
    path: () => packageFile('react-dom', 'umd/react-dom.production.min.js'),
  },
] as const

/**
 * GraphiQL at `/`, with the examples as its tabs.
 * @param viewers as whom the page may ask, see gateway/identity/development.ts; none in production
 */
export function addLandingPage(
  server: FastifyInstance,
  examples: readonly Example[],
  viewers: readonly string[] = [],
): void {
  for (const { url, type, path } of files) {
    server.get(url, async (_request, reply) => send(reply, type, await readFile(path())))
  }
  server.get('/graphiql/viewers.json', async (_request, reply) =>
    send(reply, 'application/json', Buffer.from(JSON.stringify(viewers))),
  )
  server.get('/graphiql/examples.json', async (_request, reply) =>
    send(reply, 'application/json', Buffer.from(JSON.stringify(examples))),
  )
}

function send(reply: FastifyReply, type: string, content: Buffer): FastifyReply {
  return reply
    .headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    })
    .type(`${type}; charset=utf-8`)
    .send(content)
}

/** Where a file of an installed package lies. These are made for script tags, so `exports` does not list them. */
function packageFile(name: string, file: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  const found = folders.map((folder) => join(folder, name, file)).find((path) => existsSync(path))
  if (found === undefined) throw new TypeError(`Cannot find ${file} of the package ${name}`)
  return found
}
