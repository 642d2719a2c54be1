import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { noDeferAtRoot } from '../../../gateway/defer/no-defer-at-root.ts'
import { noDeferInSubscription } from '../../../gateway/defer/no-defer-in-subscription.ts'
import { uniqueDeferLabels } from '../../../gateway/defer/unique-defer-labels.ts'

const schema = buildSchema(`
  directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Query { thing: Thing }
  type Mutation { change: Thing }
  type Subscription { changed: Thing }
  type Thing { id: ID!  name: String }
`)
const rules = [uniqueDeferLabels, noDeferAtRoot, noDeferInSubscription]
const errorsOf = (text: string) => validate(schema, parse(text), rules).map(({ message }) => message)

test.each([
  '{ thing { id ... @defer { name } } }',
  '{ ... @defer { thing { id } } }',
  'query ($on: Boolean!) { thing { ...Name @defer(if: $on, label: "a") ... @defer(label: "b") { id } } } fragment Name on Thing { name }',
  'mutation { change { id ... @defer { name } } }',
  'subscription { changed { id ... @defer(if: false) { name } } }',
  'subscription ($on: Boolean!) { changed { id ... @defer(if: $on) { name } } }',
])('allows %s', (text) => {
  expect(errorsOf(text)).toEqual([])
})

test.each([
  [
    '{ thing { ... @defer(label: "a") { id } ...Name @defer(label: "a") } } fragment Name on Thing { name }',
    'Cannot label two deferred fragments "a": allowed is one @defer a label',
  ],
  [
    'query ($label: String) { thing { ... @defer(label: $label) { id } } }',
    'Cannot label a deferred fragment: allowed is text written in the document',
  ],
  ['mutation { ... @defer { change { id } } }', 'Cannot defer fields of Mutation: allowed is @defer below its fields'],
  [
    'mutation { ...Change } fragment Change on Mutation { ... @defer { change { id } } }',
    'Cannot defer fields of Mutation: allowed is @defer below its fields',
  ],
  [
    'subscription { ... @defer(if: false) { changed { id } } }',
    'Cannot defer fields of Subscription: allowed is @defer below its fields',
  ],
  [
    'subscription { changed { ...Name } } fragment Name on Thing { ... @defer { name } }',
    'Cannot defer in a subscription: allowed is @defer with if: false or if: a variable',
  ],
])('refuses %s', (text, message) => {
  expect(errorsOf(text)).toEqual([message])
})
