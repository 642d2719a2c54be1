import { meros } from 'meros/browser'
import { type Incremental, mergeParts } from './merge-parts.ts'

export type Payload = {
  readonly data?: unknown
  readonly incremental?: readonly Incremental[]
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
  readonly extensions?: { readonly cost: unknown }
  readonly hasNext: boolean
}

/** As Apollo Client sends it. */
export const apolloAccept = 'multipart/mixed;deferSpec=20220824,application/json'

/** What a client that knows nothing of us reads of an answer in parts. */
export async function readParts(response: Response): Promise<Payload[]> {
  const parts = await meros<Payload>(response)
  if (parts instanceof Response) throw new TypeError(`Not in parts: ${await parts.text()}`)
  const payloads: Payload[] = []
  for await (const part of parts) {
    if (!part.json) throw new TypeError(`Not JSON: ${String(part.body)}`)
    payloads.push(part.body)
  }
  return payloads
}

export function mergePayloads([first, ...later]: readonly Payload[]): unknown {
  const parts = later.flatMap(({ incremental }) => incremental ?? [])
  return mergeParts(first?.data, parts)
}
