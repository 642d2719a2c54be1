/** Composes `schema/*.graphql` into the committed `schema/supergraph.graphql`. `npm run compose` */
import { writeFileSync } from 'node:fs'
import { assetPath } from '../platform/assets.ts'
import { composeSubgraphs } from '../schema/compose.ts'
import { readSubgraphSdls } from '../schema/load.ts'

const outcome = composeSubgraphs(readSubgraphSdls())
if (outcome.supergraphSdl === null) {
  process.stderr.write(`Cannot compose the subgraphs:\n${outcome.errors.map((error) => `- ${error}`).join('\n')}\n`)
  process.exitCode = 1
} else {
  writeFileSync(assetPath('schema/supergraph.graphql'), outcome.supergraphSdl)
  process.stdout.write('schema/supergraph.graphql is written\n')
}
