import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codesOf, type SignedIn, startSignedIn } from '../../support/signed-in.ts'

describe('contact data in clear', () => {
  let signedIn: SignedIn
  let ada: string
  let database: pg.Client
  const ask = (...asked: Parameters<SignedIn['ask']>) => signedIn.ask(...asked)
  beforeAll(async () => {
    signedIn = await startSignedIn()
    ada = signedIn.ada
    database = new pg.Client({ connectionString: signedIn.app.environment.DATABASE_URL })
    await database.connect()
  }, 180_000)
  afterAll(async () => {
    await database.end()
    await signedIn[Symbol.asyncDispose]()
  })

  const unmask = /* GraphQL */ `
      mutation($id: ID!, $reason: String!) {
        unmaskCustomer(id: $id, reason: $reason) {
          __typename
          ... on UnmaskedCustomer { auditId displayName identifiers { kind value } customer { displayName } }
          ... on UnmaskRefused { code path }
        }
      }
    `
  it('is had by the service desk for a reason, which is written down', async () => {
    const { data, errors } = await ask('agent', unmask, { id: ada, reason: 'Calling back about a lost parcel' })
    expect(errors).toBeUndefined()
    expect(data.unmaskCustomer).toMatchObject({
      __typename: 'UnmaskedCustomer',
      displayName: 'A. Lind',
      customer: { displayName: 'A••• L•••' },
    })
    expect(data.unmaskCustomer.identifiers).toContainEqual({ kind: 'EMAIL', value: 'ada.lind@example.com' })
    const { rows } = await database.query(
      'select subject, customer_id, reason from customers.disclosures where id = $1',
      [data.unmaskCustomer.auditId],
    )
    expect(rows).toEqual([{ subject: 'agent', customer_id: ada, reason: 'Calling back about a lost parcel' }])
    await expect(database.query('delete from customers.disclosures')).rejects.toThrow()
    await expect(database.query("update customers.disclosures set reason = 'x'")).rejects.toThrow()
  })
  it('is not had without a reason that says something, nor of nobody', async () => {
    expect((await ask('agent', unmask, { id: ada, reason: 'because' })).data.unmaskCustomer).toEqual({
      __typename: 'UnmaskRefused',
      code: 'INVALID',
      path: ['reason'],
    })
    expect(
      (await ask('agent', unmask, { id: 'cus_none', reason: 'Calling back about a parcel' })).data.unmaskCustomer.code,
    ).toBe('NOT_FOUND')
  })
  it('is not had by anyone else, and leaves no record', async () => {
    const before = (await database.query('select from customers.disclosures')).rowCount
    const asked = { id: ada, reason: 'Calling back about a lost parcel' }
    expect(codesOf(await ask('shopper', unmask, asked))).toBe('FORBIDDEN')
    expect(codesOf(await ask('associate', unmask, asked))).toBe('FORBIDDEN')
    expect(codesOf(await ask('finance', unmask, asked))).toBe('FORBIDDEN')
    expect(codesOf(await ask('partner', unmask, asked))).toBe('FORBIDDEN')
    expect(codesOf(await ask('anonymous', unmask, asked))).toBe('FORBIDDEN')
    expect((await database.query('select from customers.disclosures')).rowCount).toBe(before)
  })
})
