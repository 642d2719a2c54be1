import type { GraphQLResult } from './exchange.ts'

/** The whole answer as JSON, its data as it is. */
export function resultText({ errors, data, extensions }: GraphQLResult): string {
  let text = '{'
  if (errors !== undefined) text += `"errors":${JSON.stringify(errors)}`
  if (data !== undefined) text += `${text === '{' ? '' : ','}"data":${data.text}`
  if (extensions !== undefined) text += `${text === '{' ? '' : ','}"extensions":${JSON.stringify(extensions)}`
  return `${text}}`
}
