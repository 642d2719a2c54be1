/** What the benchmarks use of autocannon, which brings no types. */
declare module 'autocannon' {
  export type Request = { readonly headers: Readonly<Record<string, string>> }

  export type Options = {
    readonly url: string
    readonly connections: number
    /** Seconds; or `amount`. */
    readonly duration?: number
    /** Requests. */
    readonly amount?: number
    /** Seconds one request may take. */
    readonly timeout: number
    readonly requests: readonly {
      readonly method: 'POST'
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      /** Called for each request before it is sent. */
      readonly setupRequest?: (request: Request) => Request
    }[]
    /** A 200 answer whose text it denies counts as a mismatch. */
    readonly verifyBody: (body: string) => boolean
  }

  export type Result = {
    /** `total`: answers received while it ran. */
    readonly requests: { readonly total: number }
    /** Whole milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number }
    /** Seconds. */
    readonly duration: number
    readonly '2xx': number
    readonly non2xx: number
    readonly errors: number
    readonly timeouts: number
    readonly mismatches: number
  }

  // biome-ignore lint/style/noDefaultExport: so it is published
  export default function autocannon(options: Options): Promise<Result>
}
