import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { assetPath } from '../../platform/assets.ts'
import { approveTransfers } from '../../policies/approve-transfers.ts'
import { customerScope, isInCustomerScope } from '../../policies/customer-scope.ts'
import { editOrders } from '../../policies/edit-orders.ts'
import { visibleAvailability } from '../../policies/exact-availability.ts'
import { findCustomers } from '../../policies/find-customers.ts'
import { handleReturns } from '../../policies/handle-returns.ts'
import { policies } from '../../policies/index.ts'
import { manageStockRules } from '../../policies/manage-stock-rules.ts'
import { manageWebhooks } from '../../policies/manage-webhooks.ts'
import { maskAddress, maskEmail, maskName, maskPhone } from '../../policies/mask.ts'
import { moveReservations } from '../../policies/move-reservations.ts'
import { isInOrderScope, orderScope } from '../../policies/order-scope.ts'
import type { Policy } from '../../policies/policy.ts'
import { isPublished, seesPriceOf, seesUnpublished } from '../../policies/product-scope.ts'
import { readCustomers } from '../../policies/read-customers.ts'
import { readJournal } from '../../policies/read-journal.ts'
import { readOrderTimeline } from '../../policies/read-order-timeline.ts'
import { readOrders } from '../../policies/read-orders.ts'
import { readPayments } from '../../policies/read-payments.ts'
import { readReservations } from '../../policies/read-reservations.ts'
import { readShipmentCost } from '../../policies/read-shipment-cost.ts'
import { readStockPositions } from '../../policies/read-stock-positions.ts'
import { recipientContact } from '../../policies/recipient-scope.ts'
import { recordStock } from '../../policies/record-stock.ts'
import { requestReturns } from '../../policies/request-returns.ts'
import { rerouteOrders } from '../../policies/reroute-orders.ts'
import { reservationScope } from '../../policies/reservation-scope.ts'
import { reserveStock } from '../../policies/reserve-stock.ts'
import { settleReservations } from '../../policies/settle-reservations.ts'
import { stockScope } from '../../policies/stock-scope.ts'
import { isUnmaskReason, unmaskCustomers } from '../../policies/unmask-customers.ts'
import { anonymous, partner, service, shopper, staff } from '../support/viewers.ts'

const viewers = {
  anonymous,
  shopper: shopper(),
  partner: partner(),
  serviceDesk: staff(['service-desk']),
  associate: staff(['store-associate'], ['loc_paris']),
  finance: staff(['finance']),
  analyst: staff(['analyst']),
  opsAdmin: staff(['ops-admin']),
  noRole: staff([]),
  service,
}

/** The viewers a policy allows, by name: one row of the matrix. */
const allowed = (policy: Policy): string[] =>
  Object.entries(viewers).flatMap(([name, viewer]) => (policy.decide(viewer).allowed ? [name] : []))

describe('policies, role by role', () => {
  it('read-orders', () => {
    expect(allowed(readOrders)).toEqual([
      'shopper',
      'partner',
      'serviceDesk',
      'associate',
      'finance',
      'analyst',
      'service',
    ])
  })
  it('read-order-timeline', () => {
    expect(allowed(readOrderTimeline)).toEqual(['serviceDesk', 'associate', 'finance', 'analyst', 'service'])
  })
  it('read-shipment-cost', () => expect(allowed(readShipmentCost)).toEqual(['finance', 'service']))
  it('read-stock-positions', () => {
    expect(allowed(readStockPositions)).toEqual([
      'serviceDesk',
      'associate',
      'finance',
      'analyst',
      'opsAdmin',
      'service',
    ])
  })
  it('read-customers', () => {
    expect(allowed(readCustomers)).toEqual(['shopper', 'serviceDesk', 'associate', 'finance', 'analyst', 'service'])
  })
  it('find-customers', () => expect(allowed(findCustomers)).toEqual(['serviceDesk', 'associate', 'service']))
  it('read-payments', () => {
    expect(allowed(readPayments)).toEqual(['shopper', 'serviceDesk', 'associate', 'finance', 'service'])
  })

  it('read-journal', () => expect(allowed(readJournal)).toEqual(['finance', 'service']))

  it('reserve-stock and read-reservations', () => {
    const those = ['anonymous', 'shopper', 'serviceDesk', 'service']
    expect(allowed(reserveStock)).toEqual(those)
    expect(allowed(readReservations)).toEqual(those)
  })
  it('move-reservations', () => expect(allowed(moveReservations)).toEqual(['serviceDesk', 'service']))
  it('edit-orders', () => expect(allowed(editOrders)).toEqual(['serviceDesk', 'service']))
  it('reroute-orders', () => expect(allowed(rerouteOrders)).toEqual(['serviceDesk', 'associate', 'service']))
  it('request-returns and handle-returns', () => {
    expect(allowed(requestReturns)).toEqual(['shopper', 'serviceDesk', 'associate', 'service'])
    expect(allowed(handleReturns)).toEqual(['serviceDesk', 'associate', 'service'])
  })
  it('settle-reservations', () => expect(allowed(settleReservations)).toEqual(['service']))
  it('record-stock', () => expect(allowed(recordStock)).toEqual(['associate', 'opsAdmin', 'service']))
  it('manage-stock-rules, and a service of the scope for it', () => {
    expect(allowed(manageStockRules)).toEqual(['opsAdmin'])
    expect(manageStockRules.decide({ ...service, scopes: ['inventory:rules'] }).allowed).toBe(true)
  })
  it('approve-transfers, and a service of the scope for it', () => {
    expect(allowed(approveTransfers)).toEqual(['opsAdmin'])
    expect(approveTransfers.decide({ ...service, scopes: ['inventory:transfers'] }).allowed).toBe(true)
  })
  it('manage-webhooks', () => expect(allowed(manageWebhooks)).toEqual(['partner', 'service']))

  it('are all listed, each under its file name', () => {
    const files = readdirSync(assetPath('policies')).filter((file) =>
      readFileSync(assetPath(`policies/${file}`), 'utf8').includes(': Policy = {'),
    )
    expect(policies.map((policy) => `${policy.name}.ts`).sort()).toEqual(files.sort())
  })
})

describe('order scope', () => {
  const order = { customerId: 'cus_1', channelId: 'amazon', locationIds: ['loc_paris'], region: 'FR' }
  const sees = (viewer: Parameters<typeof orderScope>[0]) => isInOrderScope(orderScope(viewer), order)

  it('shows a shopper their own orders only', () => {
    expect(sees(shopper('cus_1'))).toBe(true)
    expect(sees(shopper('cus_2'))).toBe(false)
  })
  it('shows a partner its channels only', () => {
    expect(sees(partner(['amazon']))).toBe(true)
    expect(sees(partner(['walmart']))).toBe(false)
    expect(sees(partner([]))).toBe(false)
  })
  it('shows a store associate what their store handles', () => {
    expect(sees(staff(['store-associate'], ['loc_paris']))).toBe(true)
    expect(sees(staff(['store-associate'], ['loc_lyon']))).toBe(false)
  })
  it('shows offices bound to regions those regions only, and nothing that is of none', () => {
    for (const role of ['service-desk', 'finance', 'analyst'] as const) {
      expect([sees(staff([role])), sees(staff([role], [], ['AT', 'FR'])), sees(staff([role], [], ['AT']))]).toEqual([
        true,
        true,
        false,
      ])
      expect(isInOrderScope(orderScope(staff([role], [], ['FR'])), { ...order, region: null })).toBe(false)
    }
  })
  it('does not show an order without a known customer to any shopper', () => {
    expect(isInOrderScope(orderScope(shopper('')), { ...order, customerId: null })).toBe(false)
  })
})

describe('reservation scope', () => {
  it('is the client’s own for storefronts, all for who serves any owner, none for others', () => {
    const kinds = Object.entries(viewers).map(([name, viewer]) => [name, reservationScope(viewer).kind])
    expect(Object.fromEntries(kinds)).toEqual({
      anonymous: 'client',
      shopper: 'client',
      partner: 'none',
      serviceDesk: 'all',
      associate: 'none',
      finance: 'none',
      analyst: 'none',
      opsAdmin: 'none',
      noRole: 'none',
      service: 'all',
    })
  })
})

describe('customer scope', () => {
  it('shows a shopper themselves in clear, and nobody else', () => {
    const scope = customerScope(shopper('cus_1'))
    expect(scope.contact).toBe('clear')
    expect(isInCustomerScope(scope, 'cus_1')).toBe(true)
    expect(isInCustomerScope(scope, 'cus_2')).toBe(false)
  })
  it('masks for the service desk and hides from finance', () => {
    expect(customerScope(staff(['service-desk'])).contact).toBe('masked')
    expect(customerScope(staff(['finance'])).contact).toBe('hidden')
    expect(isInCustomerScope(customerScope(partner()), 'cus_1')).toBe(false)
  })
})

describe('stock', () => {
  it('shows an associate their own store, other staff all', () => {
    expect(stockScope(staff(['store-associate'], ['loc_paris']))).toEqual({
      kind: 'locations',
      locationIds: ['loc_paris'],
    })
    expect(stockScope(staff(['store-associate', 'service-desk'], ['loc_paris']))).toEqual({ kind: 'all' })
    expect(stockScope(staff([]))).toEqual({ kind: 'locations', locationIds: [] })
    expect(stockScope(anonymous)).toEqual({ kind: 'locations', locationIds: [] })
  })

  it('tells storefronts the exact number up to ten and a band above', () => {
    expect([0, 1, 10, 11, 19, 20, 57, 430, 12_345].map((ats) => visibleAvailability(anonymous, ats))).toEqual([
      0, 1, 10, 11, 11, 20, 50, 100, 1_000,
    ])
    expect(visibleAvailability(shopper(), 57)).toBe(50)
    expect(visibleAvailability(partner(), 57)).toBe(57)
    expect(visibleAvailability(staff(['analyst']), 57)).toBe(57)
  })
})

describe('unmask-customers', () => {
  it('takes the service desk', () => expect(allowed(unmaskCustomers)).toEqual(['serviceDesk']))
  it('takes a reason that says something', () => {
    expect(isUnmaskReason('Calling back about a lost parcel')).toBe(true)
    expect(isUnmaskReason('because')).toBe(false)
    expect(isUnmaskReason('   because         ')).toBe(false)
    expect(isUnmaskReason('x'.repeat(501))).toBe(false)
  })
})

describe('recipients', () => {
  const now = new Date('2026-10-31T00:00:00Z')
  const deliveredAt = (text: string | null) => ({ deliveredAt: text === null ? null : new Date(text), now })

  it('are told to a partner until 30 days after delivery', () => {
    expect(recipientContact(partner(), deliveredAt(null))).toBe('clear')
    expect(recipientContact(partner(), deliveredAt('2026-10-01T00:00:00Z'))).toBe('clear')
    expect(recipientContact(partner(), deliveredAt('2026-09-30T23:59:59Z'))).toBe('hidden')
  })
  it('are masked for who may recognise them, hidden from the rest', () => {
    expect(recipientContact(shopper(), deliveredAt(null))).toBe('clear')
    expect(recipientContact(staff(['service-desk']), deliveredAt(null))).toBe('masked')
    expect(recipientContact(staff(['finance']), deliveredAt(null))).toBe('hidden')
  })
})

describe('masks', () => {
  it('leave enough to recognise and too little to reach', () => {
    expect(maskEmail('ada.lind@example.com')).toBe('a•••@e•••.com')
    expect(maskEmail('no-address')).toBe('•••')
    expect(maskPhone('+46 70 123 45 67')).toBe('•••67')
    expect(maskPhone('112')).toBe('•••')
    expect(maskName(' Ada  Lind ')).toBe('A••• L•••')
    expect(
      maskAddress({
        name: 'Ada Lind',
        line1: 'Storgatan 1',
        line2: null,
        city: 'Lund',
        region: null,
        postalCode: '22350',
        country: 'SE',
      }),
    ).toEqual({
      name: 'A••• L•••',
      line1: '•••',
      line2: null,
      city: 'Lund',
      region: null,
      postalCode: '22•••',
      country: 'SE',
    })
  })
})

describe('products', () => {
  it('are for everyone once published, for staff before', () => {
    expect(['DRAFT', 'APPROVED', 'ACTIVE', 'PHASE_OUT', 'DISCONTINUED', 'ARCHIVED'].filter(isPublished)).toEqual([
      'ACTIVE',
      'PHASE_OUT',
      'DISCONTINUED',
    ])
    expect(Object.entries(viewers).flatMap(([name, viewer]) => (seesUnpublished(viewer) ? [name] : []))).toEqual([
      'serviceDesk',
      'associate',
      'finance',
      'analyst',
      'opsAdmin',
      'service',
    ])
  })
  it('have prices a partner sees of its own channels and of all', () => {
    expect(seesPriceOf(partner(['amazon']), 'amazon')).toBe(true)
    expect(seesPriceOf(partner(['amazon']), null)).toBe(true)
    expect(seesPriceOf(partner(['amazon']), 'walmart')).toBe(false)
    expect(seesPriceOf(anonymous, 'web')).toBe(true)
  })
})
