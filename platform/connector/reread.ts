/** Reads every document of a kind of one system again. @returns false when the system is not read here now: ask again later */
export type Reread = (system: string, kind: string, signal: AbortSignal) => Promise<boolean>

/** What asks is built before what reads: until that is attached, nothing is read again. */
export type RereadPort = { readonly ask: Reread; attach(reread: Reread): void }

export function createRereadPort(): RereadPort {
  let attached: Reread = () => Promise.resolve(false)
  return {
    ask: (system, kind, signal) => attached(system, kind, signal),
    attach(reread) {
      attached = reread
    },
  }
}
