import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../platform/assets.ts'
import { subgraphNames } from '../platform/subgraph/subgraph.ts'
import { layerOf, platformTierOf, refusalOf } from './support/layers.ts'
import { isThere, readSourceTree, readSpecifiers, walk } from './support/source-tree.ts'

const files = readSourceTree()
const paths = new Set(files.map((file) => file.path))
const generated = (path: string) => path.startsWith('schema/generated/')
const maxLines = 300

describe('architecture', () => {
  it('has seen every source file there is', () => {
    const tracked = existsSync(assetPath('.git')) ? trackedSources() : [...paths]
    expect(tracked.length).toBeGreaterThan(100)
    expect(tracked.filter((path) => !paths.has(path))).toEqual([])
    const edges = files.reduce((count, file) => count + file.imports.length, 0)
    expect(edges).toBeGreaterThan(files.length)
  })

  it('follows every import to a file, never to a folder', () => {
    const lost = files.flatMap((file) =>
      file.imports
        .filter((path) => !paths.has(path) && !generated(path) && !isThere(path))
        .map((path) => `${file.path} → ${path}`),
    )
    const folders = files.flatMap((file) =>
      file.imports.filter((path) => !/\.(ts|json)$/.test(path)).map((path) => `${file.path} → ${path}`),
    )
    expect([...lost, ...folders]).toEqual([])
  })

  it('gives every file a layer, and every part of the platform a tier', () => {
    const nowhere = [...paths].filter(
      (path) => layerOf(path) === null || (layerOf(path) === 'platform' && platformTierOf(path) === null),
    )
    expect(nowhere).toEqual([])
  })

  it('lets arrows go down only', () => {
    const refused = files.flatMap((file) =>
      file.imports
        .map((to) => ({ to, refusal: refusalOf(file.path, to) }))
        .filter(({ refusal }) => refusal !== null)
        .map(({ to, refusal }) => `${file.path} → ${to}: ${refusal}`),
    )
    expect(refused).toEqual([])
  })

  it('has no cycles, type-only imports included', () => {
    expect(findCycles(new Map(files.map((file) => [file.path, file.imports])))).toEqual([])
  })

  it('gives the five subgraphs one shape', () => {
    const required = ['index.ts', 'events.ts', 'sources.ts', 'read-model.ts', 'loaders.ts', 'resolvers.ts', 'README.md']
    const missing = subgraphNames.flatMap((name) => {
      const absent = required.map((file) => `subgraphs/${name}/${file}`).filter((path) => !isThere(path))
      const migrations = `subgraphs/${name}/migrations`
      const migrated = isThere(migrations) && walk(assetPath(migrations)).some((path) => path.endsWith('.sql'))
      return migrated ? absent : [...absent, `${migrations}/*.sql`]
    })
    expect(missing).toEqual([])
  })

  it('keeps files short enough to read in one go', () => {
    const long = files
      .map((file) => [file.path, file.text.split('\n').length - 1] as const)
      .filter(([, lines]) => lines > maxLines)
    expect(long).toEqual([])
  })

  it('leaves nothing half done', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`)
    const phrases = new RegExp(['not ' + 'implemented', 'for ' + 'now\\b', 'place' + 'holder'].join('|'), 'i')
    const unfinished = (line: string) => marks.test(line) || phrases.test(line)
    const sources = walk(assetPath('.')).filter((path) => /\.(ts|sql|graphql)$/.test(path))
    const found = sources.flatMap((path) =>
      readFileSync(assetPath(path), 'utf8')
        .split('\n')
        .flatMap((line, index) => (unfinished(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    )
    expect(found).toEqual([])
  })
})

describe('the reader of imports', () => {
  it('finds every form of import', () => {
    const text = `
      import { a, type B } from './one.ts'
      import type {
        C,
      } from "./two.ts"
      import './three.ts'
      export { d } from './four.ts'
      export * from './five.ts'
      const six = await import('./six.ts')
      import seven, * as rest from 'seven'; export type { E } from './eight.ts'
    `
    expect(readSpecifiers(text)).toEqual([
      './one.ts',
      './two.ts',
      './three.ts',
      './four.ts',
      './five.ts',
      './six.ts',
      'seven',
      './eight.ts',
    ])
  })

  it('is not misled by what only looks like one', () => {
    const text = [
      "// import { a } from './comment.ts'",
      "/* import './comment.ts' */",
      'const text = "import { a } from \'./text.ts\'"',
      "const template = `import { a } from './template.ts'`",
      'const quote = /[\'"`]/g',
      "import { real } from './real.ts'",
      "const url = 'https://example.com' // from './comment.ts'",
      "export const from = 'export { a } from'",
      "export function f() { return of('./argument.ts') }",
    ].join('\n')
    expect(readSpecifiers(text)).toEqual(['./real.ts'])
  })
})

describe('the layer rules', () => {
  it('refuse what the picture does not show', () => {
    expect(refusalOf('gateway/http.ts', 'subgraphs/orders/index.ts')).toBe('gateway may not see subgraph')
    expect(refusalOf('subgraphs/orders/index.ts', 'gateway/http.ts')).toBe('subgraph may not see gateway')
    expect(refusalOf('subgraphs/orders/index.ts', 'subgraphs/finance/events.ts')).toBe(
      'subgraphs do not know each other',
    )
    expect(refusalOf('subgraphs/orders/events.ts', 'subgraphs/orders/read-model.ts')).toContain('events ← read-model')
    expect(refusalOf('app.ts', 'subgraphs/orders/loaders.ts')).toContain('only index.ts')
    expect(refusalOf('policies/a.ts', 'platform/sql/database.ts')).toContain('policies see')
    expect(refusalOf('platform/sql/database.ts', 'platform/cache/cache.ts')).toBe('tier 1 may not see tier 2')
    expect(refusalOf('platform/money.ts', 'platform/config.ts')).toBe('tier 0 may not see tier 1')
    expect(refusalOf('platform/cache/read-through.ts', 'platform/cache/redis.ts')).toContain('drivers')
    expect(refusalOf('platform/clock.ts', 'app.ts')).toBe('platform may not see composition')
    expect(refusalOf('lib/x.ts', 'app.ts')).toBe('stands in no layer')
  })

  it('allow what it shows', () => {
    expect(refusalOf('app.ts', 'platform/cache/redis.ts')).toBeNull()
    expect(refusalOf('subgraphs/orders/index.ts', 'subgraphs/orders/loaders.ts')).toBeNull()
    expect(refusalOf('subgraphs/orders/read-model.ts', 'platform/sql/database.ts')).toBeNull()
    expect(refusalOf('test/x.test.ts', 'platform/cache/redis.ts')).toBeNull()
  })

  it('find a cycle and name its members', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
      ['d', ['d']],
    ])
    expect(findCycles(edges)).toEqual([['b', 'c'], ['d']])
  })
})

/** Groups of files that import each other: every strongly connected component with more than one file, or a loop. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const reach = (start: string) => {
    const seen = new Set<string>()
    const next = [...(edges.get(start) ?? [])]
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      next.push(...(edges.get(path) ?? []))
    }
    return seen
  }
  const reachable = new Map([...edges.keys()].map((path) => [path, reach(path)] as const))
  const looping = [...edges.keys()].filter((path) => reachable.get(path)?.has(path)).sort()
  const groups = looping.map((path) =>
    looping.filter((other) => other === path || (reachable.get(path)?.has(other) && reachable.get(other)?.has(path))),
  )
  return groups.filter((group, index) => group[0] === looping[index])
}

function trackedSources(): string[] {
  const listed = execFileSync('git', ['ls-files', '--', '*.ts'], { cwd: assetPath('.'), encoding: 'utf8' })
  return listed.split('\n').filter((path) => path !== '' && isThere(path))
}
