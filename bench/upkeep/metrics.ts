export type MetricValues = ReadonlyMap<string, number>

/** What the product tells of itself at `/metrics`, by series: the name with its labels. */
export async function readMetrics(url: string): Promise<MetricValues> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(15_000) })
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const blank = line.lastIndexOf(' ')
      return [line.slice(0, blank), Number(line.slice(blank + 1))]
    }),
  )
}

/** By how much the series of that name have grown together; `label` as it stands in the series chooses among them. */
export function difference(from: MetricValues, to: MetricValues, name: string, label: string): number {
  let grown = 0
  for (const [series, value] of to) {
    if (series.replace(/\{.*/, '') === name && series.includes(label)) grown += value - (from.get(series) ?? 0)
  }
  return grown
}
