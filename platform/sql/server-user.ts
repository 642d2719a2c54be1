import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, parse } from 'node:path'

/** As whom the server's programs run. PostgreSQL refuses to run as root. */
export type ServerUser = {
  /** Who must own the data folder. Absent: this process's own user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess
}

/**
 * Ordinary users run the server as themselves. Root hands it to `nobody`, or, where `nobody` cannot reach the folder
 * or the binaries, stays root outside and appears as `nobody` inside a user namespace. A data folder once made keeps
 * its way, told by its owner.
 */
export async function chooseServerUser(dataFolder: string, binary: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { owner: null, spawn: (program, args, options) => spawn(program, args, options) }
  const owner = await stat(dataFolder).catch(() => null)
  const inNamespace =
    owner === null ? !((await isOpenToOthers(dataFolder)) && (await isOpenToOthers(binary))) : owner.uid === 0
  if (inNamespace) {
    const mapping = ['--user', `--map-user=${nobody}`, `--map-group=${nobody}`]
    return {
      owner: null,
      spawn: (program, args, options) => spawn('unshare', [...mapping, program, ...args], options),
    }
  }
  return {
    owner: { uid: nobody, gid: nobody },
    spawn: (program, args, options) => spawn(program, args, { ...options, uid: nobody, gid: nobody }),
  }
}

const nobody = 65_534

/** True when every folder above `path` lets other users pass. */
async function isOpenToOthers(path: string): Promise<boolean> {
  const root = parse(path).root
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false
  }
  return true
}
