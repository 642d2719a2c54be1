import { beforeAll, describe } from 'vitest'
import type { GatewayDeps } from '../../gateway/index.ts'

/** The ways from the pipeline to the executor: through Apollo Server, or straight on. */
export const roads = [
  { name: "Apollo Server's road", deps: { apolloRoad: 'all' } },
  { name: 'the short road', deps: { apolloRoad: 'none' } },
] as const satisfies readonly { readonly name: string; readonly deps: Partial<GatewayDeps> }[]

let current: Partial<GatewayDeps> = {}

/** What `startGateway` adds: the road of the suite that runs. A file's suites run one after the other. */
export const roadDeps = (): Partial<GatewayDeps> => current

/** A suite that runs once over each road, all its gateways started on that road. */
export function describeBothRoads(name: string, define: () => void): void {
  describe.each(roads)(`${name}, over $name`, ({ deps }) => {
    beforeAll(() => {
      current = deps
      return () => {
        current = {}
      }
    })
    define()
  })
}
