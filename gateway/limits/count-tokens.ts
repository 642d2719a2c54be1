import { Lexer, Source, TokenKind } from 'graphql'

/** @returns how many tokens a text has, those before the first that cannot be read included. */
export function countTokens(text: string): number {
  const lexer = new Lexer(new Source(text))
  let count = 0
  try {
    while (lexer.advance().kind !== TokenKind.EOF) count += 1
  } catch {
    return count
  }
  return count
}
