import { operationFromDocument, type Supergraph } from '@apollo/federation-internals'
import {
  type FetchDataRewrite,
  type FetchNode,
  QueryPlanner,
  type QueryPlanSelectionNode,
  type PlanNode as TheirNode,
} from '@apollo/query-planner'
import { stripIgnoredCharacters } from 'graphql'
import type { DataPath, DataPathStep, PlanStep, RequiredSelection, Rewrite } from './plan.ts'
import type { Planner } from './planner.ts'

/** The reference planner: pure JavaScript, runs everywhere. See docs/decisions/010-executor-planner.md. */
export const createApolloPlanner = (supergraph: Supergraph): Planner => {
  const planner = new QueryPlanner(supergraph, { generateQueryFragments: false })
  const schema = supergraph.apiSchema()
  return {
    name: 'apollo',
    plan: (document) => {
      const { node } = planner.buildQueryPlan(operationFromDocument(schema, document, { validate: false }))
      if (node?.kind === 'Subscription') throw new TypeError('Cannot plan operation: it is a subscription')
      return node === undefined ? undefined : toStep(node, [])
    },
  }
}

const toStep = (node: TheirNode, path: DataPath): PlanStep => {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', steps: node.nodes.map((child) => toStep(child, path)) }
    case 'Parallel':
      return { kind: 'parallel', steps: node.nodes.map((child) => toStep(child, path)) }
    case 'Flatten':
      return toStep(node.node, [...path, ...node.path.map((element) => toPathStep(String(element)))])
    case 'Condition':
      return {
        kind: 'condition',
        variable: node.condition,
        whenTrue: node.ifClause && toStep(node.ifClause, path),
        whenFalse: node.elseClause && toStep(node.elseClause, path),
      }
    case 'Fetch':
      return toCall(node, path)
    case 'Defer':
      throw new TypeError('Cannot plan operation: @defer is not enabled in the planner')
  }
}

const toCall = (node: FetchNode, path: DataPath): PlanStep => {
  const outputRewrites = (node.outputRewrites ?? []).map(toRewrite)
  return {
    kind: 'call',
    service: node.serviceName,
    text: stripIgnoredCharacters(node.operation),
    operation: node.operationKind === 'mutation' ? 'mutation' : 'query',
    operationName: node.operationName,
    variables: (node.variableUsages ?? []).filter((name) => name !== 'representations'),
    rootPath: path,
    rootRewrites: outputRewrites,
    lookups:
      node.requires === undefined
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

const toPathStep = (element: string): DataPathStep =>
  element === '@' ? { kind: 'list' } : { kind: 'key', name: element }

const fragmentPrefix = '... on '

const toRewrite = (rewrite: FetchDataRewrite): Rewrite => {
  const key = rewrite.path[rewrite.path.length - 1] ?? ''
  const path = rewrite.path
    .slice(0, -1)
    .map(
      (element): DataPathStep =>
        element.startsWith(fragmentPrefix)
          ? { kind: 'types', names: [element.slice(fragmentPrefix.length)] }
          : { kind: 'key', name: element },
    )
  return rewrite.kind === 'ValueSetter'
    ? { kind: 'set', path, key, value: rewrite.setValueTo }
    : { kind: 'rename', path, key, to: rewrite.renameKeyTo }
}

const toRequired = (selection: QueryPlanSelectionNode): RequiredSelection =>
  selection.kind === 'Field'
    ? {
        kind: 'field',
        from: selection.alias ?? selection.name,
        to: selection.alias ?? selection.name,
        selections: selection.selections?.map(toRequired),
      }
    : { kind: 'fragment', on: selection.typeCondition, selections: selection.selections.map(toRequired) }
