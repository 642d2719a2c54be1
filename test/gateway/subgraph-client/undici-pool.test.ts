import { createUndiciPool } from '../../../gateway/subgraph-client/undici-pool.ts'
import { describePoster } from '../../contracts/poster.ts'

describePoster("undici's pool", (options) =>
  createUndiciPool({
    ...options,
    keepAliveMs: 30_000,
    connectTimeoutMs: 10_000,
    tooLarge: () => new Error('too large'),
  }),
)
