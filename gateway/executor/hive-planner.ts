import { createRequire } from 'node:module'
import type {
  BatchFetchNode,
  FetchNode,
  FetchNodePathSegment,
  FetchRewrite,
  FlattenNodePathSegment,
  RequiresSelection,
  PlanNode as TheirNode,
} from '@graphql-hive/router-query-planner'
import { print, stripIgnoredCharacters } from 'graphql'
import type { DataPath, DataPathStep, PlanCall, PlanStep, RequiredSelection, Rewrite } from './plan.ts'
import type { Planner } from './planner.ts'

type Native = typeof import('@graphql-hive/router-query-planner')

/**
 * The native planner (Rust through N-API), or undefined where its optional package or a binary for this platform is
 * missing. See docs/decisions/010-executor-planner.md for why it is the first choice.
 *
 * @throws Error when it refuses the supergraph
 */
export const createHivePlanner = (supergraphSdl: string): Planner | undefined => {
  const native = loadNative()
  if (native === undefined) return undefined
  const planner = new native.QueryPlanner(supergraphSdl)
  const noLabels = new Set<string>()
  return {
    name: 'hive',
    plan: (document) => {
      const { node } = planner.plan(print(document), undefined, noLabels, 0)
      return orAbsent(node, [])
    },
  }
}

const loadNative = (): Native | undefined => {
  try {
    return createRequire(import.meta.url)('@graphql-hive/router-query-planner') as Native
  } catch {
    return undefined
  }
}

const toStep = (node: TheirNode, path: DataPath): PlanStep => {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', steps: node.nodes.map((child) => toStep(child, path)) }
    case 'Parallel':
      return { kind: 'parallel', steps: node.nodes.map((child) => toStep(child, path)) }
    case 'Flatten':
      return toStep(node.node, [...path, ...node.path.map(toPathStep)])
    case 'Condition':
      return {
        kind: 'condition',
        variable: node.condition,
        whenTrue: orAbsent(node.ifClause, path),
        whenFalse: orAbsent(node.elseClause, path),
      }
    case 'Fetch':
      return toCall(node, path)
    case 'BatchFetch':
      return toBatch(node)
    case 'Subscription':
    case 'Defer':
      throw new TypeError(`Cannot plan operation: ${node.kind.toLowerCase()} steps are not run by the executor`)
  }
}

// What its types call optional comes as null at times.
const orAbsent = (node: TheirNode | undefined | null, path: DataPath): PlanStep | undefined =>
  node === undefined || node === null ? undefined : toStep(node, path)

const toCall = (node: FetchNode, path: DataPath): PlanCall => {
  const outputRewrites = (node.outputRewrites ?? []).map(toRewrite)
  return {
    ...callOf(node),
    rootPath: path,
    rootRewrites: outputRewrites,
    lookups:
      node.requires === undefined || node.requires === null
        ? []
        : [
            {
              key: '_entities',
              variable: 'representations',
              paths: [path],
              requires: node.requires.map(toRequired),
              inputRewrites: (node.inputRewrites ?? []).map(toRewrite),
              outputRewrites,
            },
          ],
  }
}

const toBatch = (node: BatchFetchNode): PlanCall => ({
  ...callOf(node),
  rootPath: [],
  rootRewrites: [],
  lookups: node.entityBatch.aliases.map((entry) => ({
    key: entry.alias,
    variable: entry.representationsVariableName,
    paths: entry.paths.map((path) => path.map(toPathStep)),
    requires: entry.requires.map(toRequired),
    inputRewrites: (entry.inputRewrites ?? []).map(toRewrite),
    outputRewrites: (entry.outputRewrites ?? []).map(toRewrite),
  })),
})

const callOf = (node: FetchNode | BatchFetchNode) => ({
  kind: 'call' as const,
  service: node.serviceName,
  text: stripIgnoredCharacters(node.operation),
  operation: node.operationKind === 'mutation' ? ('mutation' as const) : ('query' as const),
  operationName: node.operationName ?? undefined,
  variables: node.variableUsages ?? [],
})

const toPathStep = (segment: FlattenNodePathSegment): DataPathStep => {
  if (segment === '@') return { kind: 'list' }
  return 'Field' in segment ? { kind: 'key', name: segment.Field } : { kind: 'types', names: segment.TypeCondition }
}

const toRewrite = (rewrite: FetchRewrite): Rewrite => {
  if ('KeyRenamer' in rewrite) {
    const { path, renameKeyTo } = rewrite.KeyRenamer
    return { kind: 'rename', ...splitPath(path), to: renameKeyTo }
  }
  const { path, setValueTo } = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite
  return { kind: 'set', ...splitPath(path), value: setValueTo }
}

const splitPath = (segments: readonly FetchNodePathSegment[]): { path: DataPath; key: string } => {
  const last = segments[segments.length - 1]
  if (last === undefined || !('Key' in last)) throw new TypeError('Cannot read plan: a rewrite does not end in a key')
  return {
    path: segments
      .slice(0, -1)
      .map((segment) =>
        'Key' in segment ? { kind: 'key', name: segment.Key } : { kind: 'types', names: segment.TypenameEquals },
      ),
    key: last.Key,
  }
}

const toRequired = (selection: RequiresSelection): RequiredSelection => {
  switch (selection.kind) {
    case 'Field':
      return {
        kind: 'field',
        from: selection.name,
        to: selection.alias ?? selection.name,
        selections: selection.selections?.map(toRequired),
      }
    case 'InlineFragment':
      return {
        kind: 'fragment',
        on: selection.typeCondition,
        selections: selection.selections.map(toRequired),
        skipIf: selection.skipIf ?? undefined,
        includeIf: selection.includeIf ?? undefined,
      }
    case 'FragmentSpread':
      throw new TypeError('Cannot read plan: representations never use named fragments')
  }
}
