import { z } from 'zod'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../../platform/connector/connector.ts'
import {
  optional,
  parseDocument,
  parsePrevious,
  referenceField,
  textField,
  timestampField,
} from '../../../platform/connector/document-fields.ts'
import { type Fact, toFactEvent } from '../../../platform/connector/fact.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { toPositionId } from '../position-id.ts'
import { buckets, type Movement, movementKinds, movementRules, toLegs } from './movement-events.ts'

const movementDocument = z.object({
  variant: referenceField,
  location: referenceField,
  kind: z.enum(movementKinds),
  quantity: z.int32(),
  bucketFrom: optional(z.enum(buckets)),
  bucketTo: optional(z.enum(buckets)),
  committed: z.int32().nonnegative().nullish(),
  reason: optional(textField),
  documentRef: optional(textField),
  transfer: optional(textField),
  stream: optional(textField),
  sequence: optional(z.int().nonnegative()),
  occurredAt: timestampField,
})

type MovementDocument = z.output<typeof movementDocument>
type Body = Omit<Movement, 'origin'>

/** One movement of stock. What its source changes or takes back afterwards is reversed by a movement of its own. */
export const movementSource: SourceHandler = {
  kind: 'movement',
  version: 1,
  normalize(document, context) {
    const before = parsePrevious(movementDocument, context)
    const was = before === null ? null : toMovement(before, document, context)
    if (was !== null && was.kind === 'PHYSICAL_COUNT') {
      throw refusal(document, 'a count that was taken is changed or gone, allowed is another count')
    }
    const now = document.data === null ? null : toMovement(parseDocument(movementDocument, document), document, context)
    const facts = [...(was === null ? [] : [toFact(reversalOf(was))]), ...(now === null ? [] : [toFact(now)])]
    return facts.map((fact) => toFactEvent(fact, document, context))
  },
}

function toMovement(data: MovementDocument, document: SourceDocument, { ids }: NormalizeContext): Body {
  const legs = toLegs(data.kind, data)
  if ('reason' in legs) throw refusal(document, legs.message)
  return {
    movementId: `${document.system}:${document.key}`,
    variantId: ids.idOf('variant', data.variant.namespace, data.variant.value),
    locationId: ids.idOf('location', data.location.namespace, data.location.value),
    kind: data.kind,
    ...legs,
    committed: data.committed ?? 0,
    reason: data.reason,
    documentRef: data.documentRef,
    transferId: data.transfer === null ? null : `${document.system}:${data.transfer}`,
    stream: data.stream,
    streamSequence: data.sequence,
    reversal: false,
    happenedAt: data.occurredAt,
  }
}

/** At the moment of what it takes back, so that the two cancel out at every moment. */
function reversalOf(movement: Body): Body {
  const { bucketFrom, bucketTo } = movement
  return { ...movement, bucketFrom: bucketTo, bucketTo: bucketFrom, reversal: true, stream: null, streamSequence: null }
}

function toFact(body: Body): Fact {
  const { type } = movementRules[body.kind]
  return { type, aggregate: 'inventory/stock', id: toPositionId(body), data: body, occurredAt: body.happenedAt }
}

function refusal({ system }: SourceDocument, text: string): AppError {
  return new AppError('SOURCE_DATA_INVALID', `Cannot read movement document of ${system}: ${text}`)
}
