import { defineConfig } from 'vitest/config'
import { findLeftOut } from './test/support/left-out.ts'
import { createLeftOutReporter } from './test/support/left-out-reporter.ts'
import { walk } from './test/support/source-tree.ts'

const leftOut = findLeftOut(
  walk('test').filter((path) => path.endsWith('.test.ts')),
  process.env,
)

export default defineConfig({
  // One copy of graphql: without this Vitest resolves a second one ("another module or realm").
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    exclude: ['node_modules', 'dist', ...leftOut.files],
    reporters: ['default', createLeftOutReporter(leftOut.notice)],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
