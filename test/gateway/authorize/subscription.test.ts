import { readFileSync } from 'node:fs'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readAccessRules } from '../../../gateway/authorize/access-rules.ts'
import { createAuthorizer } from '../../../gateway/authorize/authorizer.ts'
import { readSupergraph } from '../../../gateway/executor/supergraph.ts'
import { defaultQueryLimits } from '../../../gateway/limits/index.ts'
import { createOperationStore } from '../../../gateway/operations.ts'
import { assetPath } from '../../../platform/assets.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { policies } from '../../../policies/index.ts'
import { anonymous, partner, shopper, staff } from '../../support/viewers.ts'

describe('subscriptions', () => {
  const sdl = readFileSync(assetPath('schema/supergraph.graphql'), 'utf8')
  const { apiSchema } = readSupergraph(sdl)
  const authorizer = createAuthorizer({ schema: apiSchema, rules: readAccessRules(parse(sdl)), policies })
  const store = createOperationStore({ limits: defaultQueryLimits })

  function outcome(viewer: Viewer, text: string): string {
    const found = store.find(text, undefined, apiSchema)
    if (found.kind === 'refused') return found.errors.map(({ message }) => message).join()
    try {
      return authorizer.restrict(found.operation, viewer) === null ? 'whole' : 'restricted'
    } catch (error) {
      return (error as Error).message
    }
  }
  const status = 'subscription { orderStatusChanged { ... on OrderStatusEvent { to order { number } } } }'
  const inside =
    'subscription { orderStatusChanged { ... on OrderStatusEvent { order { timeline(first: 1) { edges { node { kind } } } } } } }'
  const moved = 'subscription { stockMoved { ... on StockEvent { sequence position { sellable } } } }'

  it('of orders are for who has any in scope', () => {
    expect(outcome(partner(), status)).toBe('whole')
    expect(outcome(shopper(), status)).toBe('whole')
    expect(outcome(anonymous, status)).toContain('Subscription.orderStatusChanged')
    expect(outcome(staff(['ops-admin']), status)).toContain('Subscription.orderStatusChanged')
  })
  it('are refused whole when something in them is denied', () => {
    expect(outcome(partner(), inside)).toBe('Cannot answer timeline: it is not for this client')
    expect(outcome(staff(['analyst']), inside)).toBe('whole')
  })
  it('of stock are for staff', () => {
    expect(outcome(staff(['store-associate']), moved)).toBe('whole')
    expect(outcome(partner(), moved)).toContain('Subscription.stockMoved')
    expect(outcome(anonymous, moved)).toContain('Subscription.stockMoved')
  })
})
