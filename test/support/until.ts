/** Polls until `read` gives something other than undefined, false or null, at most for `timeoutMs`. */
export async function until<T>(
  what: string,
  read: () => Promise<T> | T,
  timeoutMs = 20_000,
): Promise<Exclude<T, undefined | false | null>> {
  const endMs = performance.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (value !== undefined && value !== false && value !== null) return value as Exclude<T, undefined | false | null>
    if (performance.now() > endMs) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
