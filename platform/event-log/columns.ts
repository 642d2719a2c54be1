/**
 * Takes apart what an event tells of many things at once: members in which all agree stand in `common`, the others in `columns`
 * with a value per thing.
 * @returns one object per thing, in order
 */
export function rowsOfColumns(
  common: Readonly<Record<string, unknown>>,
  columns: Readonly<Record<string, readonly unknown[]>>,
): readonly Readonly<Record<string, unknown>>[] {
  const count = Math.max(1, ...Object.values(columns).map((values) => values.length))
  return Array.from({ length: count }, (_, at) => ({
    ...common,
    ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[at]])),
  }))
}
