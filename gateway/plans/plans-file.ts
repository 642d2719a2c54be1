import { readFile, stat } from 'node:fs/promises'
import { AppError } from '../../platform/errors/app-error.ts'
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
 * Reads the plans and takes each change of the file into use. A file is looked at rather than watched: editors and
 * mounted configuration replace files, which watchers lose.
 * @throws AppError `CONFIG_INVALID` when the file cannot be read or is wrong at the start
 */
export async function openPlansFile({ path, pollMs = 1_000, onChange }: PlansFileOptions): Promise<PlansFile> {
  let seen = await stampOf(path)
  let plans = parsePlans(await readText(path))
  let looking = false

  async function look(): Promise<void> {
    const stamp = await stampOf(path)
    if (stamp === seen) return
    seen = stamp
    try {
      plans = parsePlans(await readText(path))
      onChange?.({ kind: 'taken' })
    } catch (error) {
      onChange?.({ kind: 'refused', reason: AppError.from(error).message })
    }
  }

  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => {
      looking = false
    })
  }, pollMs)
  timer.unref()
  return {
    of: (viewer) => plans.of(viewer),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** What changes when a file does; a file that is away has a stamp of its own. Never rejects. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return 'away'
  }
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
