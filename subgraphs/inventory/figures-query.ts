import { AppError } from '../../platform/errors/app-error.ts'
import { stockScope } from '../../policies/stock-scope.ts'
import type { Context } from './loaders.ts'

/** One number that operators watch; of a channel, or of all that there is. */
export type FigureAnswer = {
  readonly name: string
  readonly help: string
  readonly channelId: string | null
  readonly value: number
}

/** The figures of `/metrics`, all as of one moment; for who sees every location. @throws AppError `BAD_USER_INPUT` */
export async function resolveFigures(
  { names }: { readonly names?: readonly string[] | null | undefined },
  { figures, viewer }: Pick<Context, 'figures' | 'viewer'>,
): Promise<readonly FigureAnswer[]> {
  const known = Object.keys(figures.help)
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new AppError(
      'BAD_USER_INPUT',
      `Cannot tell figures: names has ${JSON.stringify(unknown.slice(0, 60))}, allowed are ${known.join(', ')}`,
      { details: { argument: 'names', allowed: known.join(', ') } },
    )
  }
  if (stockScope(viewer).kind !== 'all') return []
  const read = await figures.read()
  return (names ?? known).flatMap((name): readonly FigureAnswer[] => {
    const figure = read[name]
    const about = { name, help: figures.help[name] ?? '' }
    if (figure === undefined) return []
    if (typeof figure === 'number') return [{ ...about, channelId: null, value: figure }]
    return figure.map(({ labels, value }) => ({ ...about, channelId: labels.channel ?? null, value }))
  })
}
