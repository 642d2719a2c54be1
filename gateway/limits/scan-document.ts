import { Lexer, Source, TokenKind } from 'graphql'

export type DocumentScan = {
  readonly tokens: number
  /** Brackets of any kind open at once, at most. */
  readonly nesting: number
}

/**
 * Looks at a text before it is parsed: a parser calls itself once for each bracket, and thousands of them exhaust the
 * stack. What follows the first character that cannot be read does not count; no parser comes that far.
 */
export function scanDocument(text: string): DocumentScan {
  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let open = 0
  let nesting = 0
  try {
    for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
      tokens += 1
      if (opening.has(kind)) {
        open += 1
        nesting = Math.max(nesting, open)
      } else if (closing.has(kind)) open -= 1
    }
  } catch {
    return { tokens, nesting }
  }
  return { tokens, nesting }
}

const opening: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])
