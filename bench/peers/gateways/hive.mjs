// Hive Gateway; with PLANNER=rust its native planner and runtime.
import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'
import { listen, supergraph } from './serve.mjs'

const rust = process.env.PLANNER === 'rust' ? await import('@graphql-hive/router-runtime') : undefined
const gateway = createGatewayRuntime({
  supergraph: supergraph(),
  logging: false,
  landingPage: false,
  maskedErrors: false,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? '' }),
  },
  ...(rust === undefined ? {} : { unifiedGraphHandler: rust.unifiedGraphHandler }),
})
await listen(createServer(gateway))
