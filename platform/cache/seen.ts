/**
 * Tells whether a text was met lately, so that what is met once need not be kept. Remembers the latest `maxChars` characters at
 * least, and twice as many at most.
 */
export function createSeen(maxChars: number): (text: string) => boolean {
  let young = new Set<string>()
  let old: ReadonlySet<string> = new Set()
  let chars = 0
  return (text) => {
    if (young.has(text)) return true
    const isKnown = old.has(text)
    if (chars + text.length > maxChars) {
      old = young
      young = new Set()
      chars = 0
    }
    young.add(text)
    chars += text.length
    return isKnown
  }
}
