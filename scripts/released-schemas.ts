import { readFileSync } from 'node:fs'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { readSupergraph } from '../gateway/executor/supergraph.ts'
import { readSupergraphRules } from '../gateway/supergraph-rules.ts'
import { deriveVersionSchema } from '../gateway/versions/api-schema.ts'
import { parseCalendar } from '../gateway/versions/calendar.ts'
import { assetPath } from '../platform/assets.ts'
import { composeSubgraphs } from '../schema/compose.ts'
import { readSubgraphSdls } from '../schema/load.ts'

/** Dated versions of the calendar, oldest first. */
export function readDatedVersions(): readonly string[] {
  const { versions } = parseCalendar(readFileSync(assetPath('schema/versions.json'), 'utf8'))
  return versions.filter(({ releasedAt }) => releasedAt !== null).map(({ name }) => name)
}

/** What the working SDL makes of a version, as it is published: sorted, so that order is no change. */
export function readWorkingSchemas(): (version: string) => string {
  const { supergraphSdl, errors } = composeSubgraphs(readSubgraphSdls())
  if (supergraphSdl === null) throw new TypeError(`Cannot compose the subgraphs: ${errors.join('; ')}`)
  const { apiSchema } = readSupergraph(supergraphSdl)
  const { lifecycles } = readSupergraphRules(supergraphSdl)
  return (version) => `${printSchema(lexicographicSortSchema(deriveVersionSchema(apiSchema, lifecycles, version)))}\n`
}

/** Where the published schema of a version is; `folder` other than schema/released for trying things out. */
export function releasedPath(version: string, folder: string = assetPath('schema/released')): string {
  return `${folder}/${version}.graphql`
}
