import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../../platform/errors/app-error.ts'
import { parseWith } from '../../platform/parse.ts'

/** Documents registered ahead of time, e.g. when a storefront is built. */
export type OperationManifest = {
  readonly size: number
  textOf(id: string): string | undefined
  hasText(text: string): boolean
  /** In the manifest's order. */
  readonly operations: readonly { readonly text: string; readonly operationName: string }[]
}

const manifestSchema = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        name: z.string(),
        type: z.enum(['query', 'mutation', 'subscription']),
        body: z.string().min(1).max(131_072),
      }),
    )
    .max(50_000),
})

/**
 * @param text a manifest as Apollo's generate-persisted-query-manifest writes it
 * @throws AppError `CONFIG_INVALID` naming the field that is wrong
 */
export function parseManifest(text: string): OperationManifest {
  const { operations } = parseWith(manifestSchema, parseJson(text), {
    what: 'the operations manifest',
    code: 'CONFIG_INVALID',
  })
  const byId = new Map(operations.map(({ id, body }) => [id, body]))
  const texts = new Set(byId.values())
  return {
    size: byId.size,
    textOf: (id) => byId.get(id),
    hasText: (asked) => texts.has(asked),
    operations: operations.map(({ name, body }) => ({ text: body, operationName: name })),
  }
}

/** @throws AppError `CONFIG_INVALID` when there is no such file, or it is no manifest */
export async function readManifest(path: string): Promise<OperationManifest> {
  try {
    return parseManifest(await readFile(path, 'utf8'))
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError(
      'CONFIG_INVALID',
      `Cannot read the operations manifest: ${path} is not a file that can be read`,
      {
        cause,
      },
    )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', 'Cannot read the operations manifest: it is not JSON', { cause })
  }
}
