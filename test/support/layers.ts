/** Where a file stands: see docs/architecture.md. Arrows may only go down. */
export type Layer =
  | 'main'
  | 'composition'
  | 'gateway'
  | 'subgraph'
  | 'estate'
  | 'policies'
  | 'platform'
  | 'schema'
  | 'tools'
  | 'tests'

const platformTiers: Readonly<Record<string, number>> = {
  errors: 0,
  resilience: 1,
  sql: 1,
  telemetry: 1,
  identity: 1,
  'event-log': 2,
  cache: 2,
  batch: 2,
  idempotency: 2,
  connector: 3,
  subgraph: 3,
}

const roots: Readonly<Record<string, Layer>> = {
  'main.ts': 'main',
  'app.ts': 'composition',
  app: 'composition',
  gateway: 'gateway',
  subgraphs: 'subgraph',
  estates: 'estate',
  policies: 'policies',
  platform: 'platform',
  schema: 'schema',
  scripts: 'tools',
  bench: 'tools',
  deploy: 'tools',
  'vitest.config.ts': 'tests',
  test: 'tests',
}

const mayImport: Readonly<Record<Layer, readonly Layer[]>> = {
  main: ['main', 'composition', 'platform'],
  composition: ['composition', 'gateway', 'subgraph', 'estate', 'policies', 'platform', 'schema'],
  gateway: ['gateway', 'policies', 'platform', 'schema'],
  subgraph: ['subgraph', 'policies', 'platform', 'schema'],
  estate: ['estate', 'platform'],
  policies: ['policies', 'platform'],
  platform: ['platform'],
  schema: ['schema', 'platform'],
  tools: ['tools', 'composition', 'gateway', 'subgraph', 'estate', 'policies', 'platform', 'schema'],
  tests: ['tests', 'tools', 'main', 'composition', 'gateway', 'subgraph', 'estate', 'policies', 'platform', 'schema'],
}

/** @returns null for a file that stands nowhere. */
export function layerOf(path: string): Layer | null {
  return roots[path.split('/')[0] ?? ''] ?? null
}

/** 0 for leaves and errors, up to 3; null for a folder of the platform that has no tier. */
export function platformTierOf(path: string): number | null {
  const [, folder = '', file] = path.split('/')
  if (file === undefined) return folder.startsWith('config') ? 1 : 0
  return platformTiers[folder] ?? null
}

/** Files that speak to one kind of store. They are chosen where the app is put together, and nowhere else. */
export function isDriver(path: string): boolean {
  return /^(platform|gateway)\/.*\/(memory|postgres|redis)\.ts$/.test(path)
}

/** @returns why `from` may not import `to`, or null when it may. */
export function refusalOf(from: string, to: string): string | null {
  const [importer, imported] = [layerOf(from), layerOf(to)]
  if (importer === null || imported === null) return 'stands in no layer'
  if (!mayImport[importer].includes(imported)) return `${importer} may not see ${imported}`
  if (importer === 'tests' || importer === 'tools') return null
  if (isDriver(to) && importer !== 'composition' && !isSibling(from, to)) return 'drivers are chosen by the app alone'
  if (imported === 'subgraph') return subgraphRefusal(from, to)
  if (importer === 'policies' && imported === 'platform') return policyRefusal(to)
  if (importer === 'platform') return tierRefusal(from, to)
  return null
}

function subgraphRefusal(from: string, to: string): string | null {
  const [, name, file = ''] = to.split('/')
  if (layerOf(from) === 'composition') {
    return file === 'index.ts' || file === 'connectors'
      ? null
      : 'only index.ts and connectors/ of a subgraph are public'
  }
  if (from.split('/')[1] !== name) return 'subgraphs do not know each other'
  return stepOf(from) < stepOf(to) ? 'within a subgraph: events ← read-model ← loaders ← resolvers ← index' : null
}

const steps = ['events.ts', 'read-model.ts', 'loaders.ts', 'resolvers.ts', 'index.ts']

/** Files that are none of the named steps stand below nothing and above nothing. */
function stepOf(path: string): number {
  const step = steps.indexOf(path.split('/').slice(2).join('/'))
  return step === -1 ? Number.NaN : step
}

function policyRefusal(to: string): string | null {
  return /^platform\/(identity|errors)\//.test(to) ? null : 'policies see identity and errors only'
}

function tierRefusal(from: string, to: string): string | null {
  const [importer, imported] = [platformTierOf(from), platformTierOf(to)]
  if (importer === null || imported === null) return 'stands in no tier of the platform'
  return imported > importer ? `tier ${importer} may not see tier ${imported}` : null
}

/** Two drivers of one port may share what they have in common. */
function isSibling(from: string, to: string): boolean {
  return isDriver(from) && from.split('/').slice(0, -1).join('/') === to.split('/').slice(0, -1).join('/')
}
