export type Row = Readonly<Record<string, unknown>>

export type QueryResult<R extends Row = Row> = { readonly rows: readonly R[]; readonly rowCount: number }

/** Anything a statement can be sent to: the pool or one open transaction. `bigint` columns arrive as `bigint`. */
export type Queryable = {
  /** @param values positional, `$1` first. Statement texts are prepared and cached by the driver, so keep them static. */
  query<R extends Row = Row>(text: string, values?: readonly unknown[]): Promise<QueryResult<R>>
}

/** One open transaction (READ COMMITTED unless asked otherwise). Never keep it past the callback. */
export type Transaction = Queryable & {
  readonly inTransaction: true
  /**
   * Sends the commit behind what has been sent, whose answers need not have come; nothing may be sent after it. Where one of them
   * fails, nothing is committed, and its own promise says why. Otherwise the commit is sent when the callback has resolved.
   */
  commit(): void
}

export type TransactionOptions = {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /** Bound on the whole transaction. Default: the database's configured statement deadline. */
  readonly timeoutMs?: number
}

/**
 * The durable store's port. Commit is durable when `transaction` resolves (synchronous_commit stays on).
 *
 * @throws AppError `UPSTREAM_UNAVAILABLE` when no connection can be had within the deadline, `UPSTREAM_TIMEOUT` when a statement exceeds its own.
 */
export type Database = Queryable &
  AsyncDisposable & {
    transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
    /**
     * Calls `onPayload` for each NOTIFY on `channel`, and once with `null` after every (re)connect, since
     * notifications sent meanwhile are lost. Keeps reconnecting until disposed.
     */
    listen(channel: string, onPayload: (payload: string | null) => void): Promise<AsyncDisposable>
    /** Statements sent since the pool opened; for tests and benchmarks that count them. */
    readonly statementCount: () => number
  }
