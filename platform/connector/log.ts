/** What connectors tell an operator. Messages and facts hold no address and no secret. */
export type ConnectorLog = {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/** Says nothing; for tests and tools. */
export const silentLog: ConnectorLog = { info: () => {}, warn: () => {} }
