import { parse } from 'graphql'
import { type AccessRules, readAccessRules } from './authorize/access-rules.ts'
import { type CostDirectives, readCostDirectives } from './cost/cost-directives.ts'
import { readLanes } from './lanes/lane-directives.ts'
import type { Lane } from './lanes/lanes.ts'
import { type Lifecycles, readLifecycles } from './versions/lifecycle.ts'

/** What a supergraph's SDL says of its elements beyond their types. */
export type SupergraphRules = {
  readonly access: AccessRules
  readonly costs: CostDirectives
  readonly lifecycles: Lifecycles
  /** By coordinate of a root field. */
  readonly lanes: ReadonlyMap<string, Lane>
}

/** @throws RangeError naming the element whose directive says what cannot be */
export function readSupergraphRules(supergraphSdl: string): SupergraphRules {
  const document = parse(supergraphSdl, { noLocation: true })
  return {
    access: readAccessRules(document),
    costs: readCostDirectives(document),
    lifecycles: readLifecycles(document),
    lanes: readLanes(document),
  }
}
