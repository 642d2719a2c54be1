import { Kind, type OperationDefinitionNode, parse } from 'graphql'
import type { RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { Operation } from '../operations.ts'
import type { AnswerPayloads } from './answer-payloads.ts'
import type { EventGraph } from './event-graph.ts'
import { toTelling } from './group.ts'
import type { Plan, Registration } from './registration.ts'
import type { BoundCursors } from './stream-cursor.ts'
import type { StreamField } from './stream-field.ts'

const mostAtOnce = 100
const operations = new Map<string, Operation>()

/** The events that may be told to a viewer, in order: the rule a subscription goes by, without anything selected. */
export async function visibleOf(
  graph: EventGraph,
  field: StreamField,
  events: readonly RecordedEvent[],
  { viewer, version }: Pick<Registration, 'viewer' | 'version'>,
  answerPayloads: AnswerPayloads,
): Promise<readonly RecordedEvent[]> {
  if (field.visible.length === 0 || events.length === 0) return events
  const operation = bareOperation(field.name)
  const plan: Plan = {
    graph,
    prepared: graph.prepare(operation),
    args: { selecting: {}, after: null, initial: 'NONE' },
  }
  const registration: Registration = { operation, variables: {}, viewer, version }
  const visible: RecordedEvent[] = []
  for (let start = 0; start < events.length; start += mostAtOnce) {
    const some = events.slice(start, start + mostAtOnce)
    const told = await answerPayloads(
      registration,
      plan,
      noCursors,
      some.map((event) => toTelling(event, plan)),
    )
    visible.push(...some.filter((_, index) => told[index] !== null))
  }
  return visible
}

function bareOperation(fieldName: string): Operation {
  const known = operations.get(fieldName)
  if (known !== undefined) return known
  const text = `subscription { ${fieldName} { __typename } }`
  const document = parse(text, { noLocation: true })
  const node = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  )
  if (node === undefined) throw new TypeError(`Cannot read ${text}`)
  const operation: Operation = { text, document, node, name: undefined, kind: 'subscription', introspects: false }
  operations.set(fieldName, operation)
  return operation
}

/** Nothing is told, so no place is either. */
const noCursors: BoundCursors = {
  encode: () => '',
  decode() {
    throw new TypeError('Cannot decode: there are no cursors')
  },
}
