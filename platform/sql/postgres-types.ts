import pg from 'pg'

/** How values of each PostgreSQL type arrive; see `openPostgres`. Per connection: the process-wide parsers of `pg` stay untouched. */
export const postgresTypes: pg.CustomTypesConfig = {
  getTypeParser(typeId: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      const parse = textParsers.get(typeId)
      if (parse !== undefined) return parse
    }
    return pg.types.getTypeParser(typeId, format)
  },
}

const asIs = (text: string): string => text

const textParsers = new Map<number, (text: string) => unknown>([
  [20, BigInt], // int8
  [5069, BigInt], // xid8
  [1700, asIs], // numeric
  [1082, asIs], // date: a Date would need a time zone nobody gave
  [1114, asIs], // timestamp without time zone: likewise
  [1016, (text) => elementsOf(text, BigInt)], // int8[]
  [1231, (text) => elementsOf(text, asIs)], // numeric[]
])

/** Only for types whose elements never need quotes. */
function elementsOf(text: string, parse: (element: string) => unknown): unknown[] {
  const body = text.slice(1, -1)
  return body === '' ? [] : body.split(',').map((element) => (element === 'NULL' ? null : parse(element)))
}
