import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where a file that ships with the project lies, whether the code runs from source or from `dist/`.
 * @param relative path from the project's root, with forward slashes
 * @returns an absolute path; the file need not exist
 */
export function assetPath(relative: string): string {
  return join(projectRoot(), relative)
}

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new TypeError('Cannot find the project root: no package.json above this file')
    folder = parent
  }
  return folder
}
