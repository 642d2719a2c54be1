import { settings, settingVariables } from './config-settings.ts'
import { invalid, showValue, type Variable } from './env-variable.ts'
import { AppError } from './errors/app-error.ts'

type ValueOf<V> = V extends Variable<infer T> ? T : never

/** All settings, typed, by section; units are in the names. A part gets its own section, never the whole. */
export type Config = {
  readonly [S in keyof typeof settings]: {
    readonly [N in keyof (typeof settings)[S]]: ValueOf<(typeof settings)[S][N]>
  }
} & {
  /** Addresses and credentials of systems of record: every `STORELOOM_SOURCE_*` variable, for the estate file to refer to. */
  readonly sources: Readonly<Record<string, string>>
}

const ownPrefix = 'STORELOOM_'
const sourcePrefix = 'STORELOOM_SOURCE_'
// Read by the test run alone, and inherited by the processes it starts.
const testPrefix = 'STORELOOM_TEST_'

/**
 * The only reader of the environment. An empty value counts as absent.
 * @throws AppError `CONFIG_INVALID` naming every wrong variable, its value and what is allowed, and every unknown `STORELOOM_*` name.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values: Record<string, Record<string, unknown>> = {}
  for (const [sectionName, section] of Object.entries(settings)) {
    const read: Record<string, unknown> = {}
    for (const [name, variable] of Object.entries<Variable<unknown>>(section)) {
      const given = environment[variable.name]?.trim() || undefined
      const value = variable.parse(given)
      if (value === invalid) problems.push(problemOf(variable, given ?? ''))
      read[name] = value
    }
    values[sectionName] = read
  }
  problems.push(...unknownNames(environment))
  const config = { ...values, sources: sourcesOf(environment) } as Config
  if (problems.length === 0) problems.push(...contradictions(config))
  if (problems.length > 0) {
    throw new AppError('CONFIG_INVALID', `Cannot start: ${problems.join('; ')}`, { details: { problems } })
  }
  return config
}

function problemOf(variable: Variable<unknown>, given: string): string {
  return `${variable.name} is ${showValue(variable, given)}, allowed is ${variable.allowed}`
}

function contradictions({ freshness, server, webhooks, process }: Config): string[] {
  const problems: string[] = []
  if (freshness.hardTtlMs < freshness.softTtlMs) {
    problems.push(
      `STORELOOM_STALE_FOR_MS is ${freshness.hardTtlMs}, allowed is at least STORELOOM_FRESH_FOR_MS, which is ${freshness.softTtlMs}`,
    )
  }
  if (server.subgraphDeadlineMs > server.requestDeadlineMs) {
    problems.push(
      `STORELOOM_SUBGRAPH_DEADLINE_MS is ${server.subgraphDeadlineMs}, allowed is at most STORELOOM_REQUEST_DEADLINE_MS, which is ${server.requestDeadlineMs}`,
    )
  }
  if (webhooks.allowPrivate && process.environment === 'production') {
    problems.push('STORELOOM_WEBHOOK_ALLOW_PRIVATE is true, allowed is only false where NODE_ENV is production')
  }
  return problems
}

function sourcesOf(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(environment).filter(([name, value]) => name.startsWith(sourcePrefix) && value)
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? '']))
}

function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(settingVariables.map((variable) => variable.name))
  return Object.keys(environment)
    .filter((name) => name.startsWith(ownPrefix) && !name.startsWith(sourcePrefix) && !name.startsWith(testPrefix))
    .filter((name) => !known.has(name))
    .map((name) => {
      const nearest = [...known]
        .map((other) => [editDistance(name, other), other] as const)
        .sort((a, b) => a[0] - b[0])[0]
      const hint = nearest !== undefined && nearest[0] <= 6 ? `, did you mean ${nearest[1]}?` : ''
      return `${name} is not a setting${hint || ', see .env.example'}`
    })
}

/** Levenshtein distance; names are short, so the plain table will do. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
