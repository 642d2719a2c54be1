import { stat } from 'node:fs/promises'

export type FollowFileOptions = {
  readonly path: string
  /** What `stampOf` gave before the file was read. */
  readonly since: string
  /** How often the file is looked at. Default 1,000. */
  readonly pollMs?: number
  /** Called for each change, one after the other: the next look waits for it. Must not reject. */
  readonly onChange: () => Promise<void>
}

/**
 * Tells when a file has changed. It is looked at rather than watched: editors and mounted configuration replace files, which
 * watchers lose. Keeps no process alive. Disposing it stops looking.
 */
export function followFile({ path, since, pollMs = 1_000, onChange }: FollowFileOptions): Disposable {
  let seen = since
  let looking = false

  async function look(): Promise<void> {
    const stamp = await stampOf(path)
    if (stamp === seen) return
    seen = stamp
    await onChange()
  }

  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => {
      looking = false
    })
  }, pollMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** @returns what changes when a file does; a file that is away has a stamp of its own. Never rejects. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return 'away'
  }
}
