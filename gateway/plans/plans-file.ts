import { readFile } from 'node:fs/promises'
import { AppError } from '../../platform/errors/app-error.ts'
import { followFile, stampOf } from '../../platform/followed-file.ts'
import { type Plans, parsePlans } from './plans.ts'

export type PlansFileOptions = {
  readonly path: string
  /** How often the file is looked at. Default 1,000. */
  readonly pollMs?: number
  /** Told of each new state of the file: taken into use, or refused with the reason while the old plans go on. */
  readonly onChange?: (
    change: { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string },
  ) => void
}

/** Plans that follow a file. Disposing it stops looking. */
export type PlansFile = Plans & Disposable

/**
 * Reads the plans and takes each change of the file into use.
 * @throws AppError `CONFIG_INVALID` when the file cannot be read or is wrong at the start
 */
export async function openPlansFile({ path, pollMs, onChange }: PlansFileOptions): Promise<PlansFile> {
  const since = await stampOf(path)
  let plans = parsePlans(await readText(path))
  const following = followFile({
    path,
    since,
    ...(pollMs === undefined ? {} : { pollMs }),
    async onChange() {
      try {
        plans = parsePlans(await readText(path))
        onChange?.({ kind: 'taken' })
      } catch (error) {
        onChange?.({ kind: 'refused', reason: AppError.from(error).message })
      }
    },
  })
  return { of: (viewer) => plans.of(viewer), [Symbol.dispose]: () => following[Symbol.dispose]() }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', `Cannot read the plans file: ${path} is not a file that can be read`, {
      cause,
    })
  }
}
