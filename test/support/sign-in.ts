import type { DevelopmentViewer } from '../../gateway/identity/development.ts'
import type { TestAnswer, TestApp } from './start-app.ts'

export type Ask = (
  query: string,
  variables?: Record<string, unknown>,
  headers?: Record<string, string>,
) => Promise<TestAnswer>

/** Asks as one of the development viewers; `customer`, `locations` and `channels` say more of who that is. */
export async function signIn(
  app: Pick<TestApp, 'url' | 'ask'>,
  as: DevelopmentViewer,
  who: Record<string, string> = {},
): Promise<Ask> {
  const authorization = `Bearer ${await issueToken(app.url, as, who)}`
  return (query, variables, headers) => app.ask(query, variables, { authorization, ...headers })
}

/** A token as `npm run token` prints it. */
export async function issueToken(
  url: string,
  as: DevelopmentViewer,
  who: Record<string, string> = {},
): Promise<string> {
  const answer = await fetch(`${url}/dev/token?${new URLSearchParams({ as, ...who })}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}
