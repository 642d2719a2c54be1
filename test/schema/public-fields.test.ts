import { readFileSync } from 'node:fs'
import { Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readAccessRules } from '../../gateway/authorize/access-rules.ts'
import { unmarkedRootFields } from '../../gateway/authorize/unmarked-root-fields.ts'
import { assetPath } from '../../platform/assets.ts'
import { policies } from '../../policies/index.ts'

const supergraph = parse(readFileSync(assetPath('schema/supergraph.graphql'), 'utf8'))
const everyField = unmarkedRootFields(supergraph, 'no such mark')
const unmarked = new Set(unmarkedRootFields(supergraph, 'public').map(({ coordinate }) => coordinate))
const { requirements, ofField, ofType } = readAccessRules(supergraph)
const needsOf = ({ coordinate, returned }: (typeof everyField)[number]) =>
  [...(ofField.get(coordinate) ?? []), ...(ofType.get(returned) ?? [])].map((number) => requirements[number])

describe('every root field of the supergraph', () => {
  it('has a rule, or is marked as for everyone, and never both', () => {
    expect(everyField.length).toBeGreaterThan(40)
    // A field without either is denied to everyone by a requirement that nothing meets.
    const denied = everyField.filter((field) =>
      needsOf(field).some((need) => need?.kind === 'policies' && need.anyOf.length === 0),
    )
    expect(denied.map(({ coordinate }) => coordinate)).toEqual([])
    const both = everyField.filter((field) => !unmarked.has(field.coordinate) && needsOf(field).length > 0)
    expect(both.map(({ coordinate }) => coordinate)).toEqual([])
  })

  it('that is for everyone is one of these', () => {
    expect(everyField.map(({ coordinate }) => coordinate).filter((coordinate) => !unmarked.has(coordinate))).toEqual([
      'Query.myDeprecations',
      'Query.location',
      'Query.locations',
      'Query.availability',
      'Query.pickupOptions',
      'Query.promise',
      'Query.product',
      'Query.variant',
      'Query.variantsBySku',
      'Query.products',
      'Subscription.availabilityChanged',
      'Subscription.productChanged',
      'Subscription.priceChanged',
    ])
  })

  it('that changes anything is for nobody unknown but what carts need', () => {
    const mutations = supergraph.definitions.flatMap((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === 'Mutation'
        ? (definition.fields ?? []).map(({ name }) => name.value)
        : [],
    )
    expect(mutations.length).toBeGreaterThan(15)
    const anonymous = { kind: 'anonymous', tenant: 't', clientId: 'c', scopes: [] } as const
    const allowed = (name: string) =>
      policies.find((policy) => policy.name === name)?.decide(anonymous).allowed === true
    const open = everyField
      .filter(({ coordinate }) => coordinate.startsWith('Mutation.'))
      .filter((field) =>
        needsOf(field).every(
          (need) => need?.kind === 'policies' && need.anyOf.some((names) => names.every((name) => allowed(name))),
        ),
      )
    expect(open.map(({ coordinate }) => coordinate).sort()).toEqual([
      'Mutation.confirmReservation',
      'Mutation.extendReservation',
      'Mutation.releaseReservation',
      'Mutation.reserveStock',
    ])
  })
})
