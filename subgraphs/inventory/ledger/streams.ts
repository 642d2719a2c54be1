/** What was heard of a source's own numbering within one stream. */
export type Stream = {
  /** The number expected next. */
  readonly next: number
  /** Ranges passed over and not heard of since, both ends included, ascending. */
  readonly missing: readonly Range[]
}

export type Range = { readonly from: number; readonly to: number }

/** More holes than that are one that does not end: the oldest are given up as lost. */
const mostRanges = 1_000

/** The first number heard begins the stream. A number heard twice changes nothing. */
export function hear(before: Stream | null, number: number): Stream {
  if (before === null) return { next: number + 1, missing: [] }
  if (number === before.next) return { ...before, next: number + 1 }
  if (number > before.next) {
    const missing = [...before.missing, { from: before.next, to: number - 1 }].slice(-mostRanges)
    return { next: number + 1, missing }
  }
  const missing = before.missing.flatMap((range): readonly Range[] => {
    if (number < range.from || number > range.to) return [range]
    const parts = [
      { from: range.from, to: number - 1 },
      { from: number + 1, to: range.to },
    ]
    return parts.filter(({ from, to }) => from <= to)
  })
  return { ...before, missing }
}
