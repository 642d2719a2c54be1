import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { assetPath } from '../../platform/assets.ts'

/** One source file with what it imports, both as paths from the project's root with forward slashes. */
export type SourceFile = {
  readonly path: string
  readonly text: string
  /** Files of ours, type-only imports and dynamic ones included. */
  readonly imports: readonly string[]
  /** Specifiers of packages and of Node's own modules. */
  readonly packages: readonly string[]
}

const skipped = new Set(['node_modules', 'dist', 'generated', 'coverage'])

/** Every `.ts` file of the project but generated ones, in name order. */
export function readSourceTree(): readonly SourceFile[] {
  return walk(assetPath('.'))
    .filter((path) => path.endsWith('.ts'))
    .map(readSource)
}

/** Every file below `folder`, as paths from the project's root; hidden and built folders left out. */
export function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && !skipped.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? walk(path) : [relative(assetPath('.'), path).split(sep).join('/')]
    })
    .sort()
}

/** Whether `path`, from the project's root, is there. */
export function isThere(path: string): boolean {
  return existsSync(assetPath(path))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(assetPath(path), 'utf8')
  const specifiers = readSpecifiers(text)
  const ours = specifiers.filter((specifier) => specifier.startsWith('.'))
  return {
    path,
    text,
    imports: ours.map((specifier) => posix.normalize(posix.join(dirname(path), specifier))),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
  }
}

/**
 * What a module names in `import … from`, `export … from`, `import '…'` and `import('…')`, in order, each once.
 * Comments, texts, templates and regular expressions that only look like imports do not count.
 */
export function readSpecifiers(text: string): string[] {
  const { code, strings } = lift(text)
  const found = [
    ...code.matchAll(/(?:^|[;}\s])(?:import|export)\s[^;"()=]*?\bfrom\s*"(\d+)"/g),
    ...code.matchAll(/(?:^|[;}\s])import\s*"(\d+)"/g),
    ...code.matchAll(/\bimport\s*\(\s*"(\d+)"/g),
  ].sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
  return [...new Set(found.map(([, index]) => strings[Number(index)] ?? ''))]
}

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=(?:^|[=(,:[!&|?{};\n]|=>|\breturn)\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g

/** Takes comments, templates and regular expressions out, and puts each string's number in its place. */
function lift(text: string): { code: string; strings: string[] } {
  const strings: string[] = []
  const code = text.replaceAll(token, (match) => {
    if (match.startsWith("'") || match.startsWith('"')) return `"${strings.push(match.slice(1, -1)) - 1}"`
    return ' '
  })
  return { code, strings }
}
