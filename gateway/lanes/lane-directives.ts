import { type DocumentNode, Kind } from 'graphql'
import { type Lane, laneNames } from './lanes.ts'

/**
 * Reads every `@lane(name:)` of a supergraph's root fields, by coordinate, e.g. `Query.availability`.
 * @throws RangeError naming the field when there is no such lane
 */
export function readLanes(supergraph: DocumentNode): ReadonlyMap<string, Lane> {
  const lanes = new Map<string, Lane>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) {
      const directive = field.directives?.find((candidate) => candidate.name.value === 'lane')
      if (directive === undefined) continue
      const coordinate = `${definition.name.value}.${field.name.value}`
      const value = directive.arguments?.find((argument) => argument.name.value === 'name')?.value
      const asked = value?.kind === Kind.STRING ? value.value : ''
      const lane = laneNames.find((name) => name === asked)
      if (lane === undefined) {
        throw new RangeError(
          `Cannot read the lane of ${coordinate}: there is no lane '${asked}', allowed is ${laneNames.join(', ')}`,
        )
      }
      lanes.set(coordinate, lane)
    }
  }
  return lanes
}
