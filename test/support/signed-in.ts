import { type Ask, signIn } from './sign-in.ts'
import { startTestApp, type TestApp } from './start-app.ts'

/** Everyone the matrix of policies knows, over one running gateway. */
export type SignedIn = AsyncDisposable & {
  readonly app: TestApp
  /** The customer id of the demo's known shopper. */
  readonly ada: string
  /** The location her parcels leave from. */
  readonly centre: string
  ask(who: Who, query: string, variables?: Record<string, unknown>): ReturnType<Ask>
}

export type Who =
  | 'anonymous'
  | 'shopper'
  | 'stranger'
  | 'agent'
  | 'associate'
  | 'otherAssociate'
  | 'cashier'
  | 'partner'
  | 'otherPartner'
  | 'finance'
  | 'analyst'
  | 'admin'
  | 'service'

const known = /* GraphQL */ `
  {
    customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") { id }
    order(number: "O-1000001") { shipments { location { id } } }
    till: location(code: "ST001") { id }
    other: location(code: "ST002") { id }
  }
`

/** The small demo with everyone signed in: two shoppers, two stores, two partners, and the roles. */
export async function startSignedIn(environment: Record<string, string> = {}): Promise<SignedIn> {
  const app = await startTestApp(environment)
  const agent = await signIn(app, 'agent')
  const { data } = await agent(known)
  const centre: string = data.order.shipments[0].location.id
  const asks: Readonly<Record<Who, Ask>> = {
    anonymous: app.ask,
    agent,
    shopper: await signIn(app, 'shopper'),
    stranger: await signIn(app, 'shopper', { customer: 'cus_stranger' }),
    associate: await signIn(app, 'associate', { locations: centre }),
    otherAssociate: await signIn(app, 'associate', { locations: data.other.id }),
    cashier: await signIn(app, 'associate', { locations: data.till.id }),
    partner: await signIn(app, 'partner'),
    otherPartner: await signIn(app, 'partner', { channels: 'walmart' }),
    finance: await signIn(app, 'finance'),
    analyst: await signIn(app, 'analyst'),
    admin: await signIn(app, 'admin'),
    service: await signIn(app, 'service'),
  }
  return {
    app,
    ada: data.customerByIdentifier.id,
    centre,
    ask: (who, query, variables) => asks[who](query, variables),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

/** The codes of an answer's errors, each once. */
export function codesOf(answer: { readonly errors?: readonly { extensions: { code: string } }[] }): string {
  return [...new Set((answer.errors ?? []).map(({ extensions }) => extensions.code))].join()
}
