import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { qualityOf } from './http-answer.ts'

const gzipText = promisify(gzip)

/** Of an answer that `compress` made. */
export const compressedHeaders = { 'content-encoding': 'gzip' }

/**
 * @param acceptEncoding the header
 * @param fromBytes shortest text worth the processor time; 0: none is
 * @returns undefined where the text goes as it is: it is short, or the client would rather have it so
 */
export function compress(
  text: string,
  acceptEncoding: string | undefined,
  fromBytes: number,
): Promise<Buffer> | undefined {
  if (acceptEncoding === undefined || fromBytes === 0 || text.length < fromBytes) return undefined
  return takesGzip(acceptEncoding) ? gzipText(text, { level: constants.Z_BEST_SPEED }) : undefined
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3; of the codings gzip alone is spoken here. */
export function takesGzip(acceptEncoding: string): boolean {
  const named = new Map<string, number>()
  for (const choice of acceptEncoding.split(',', 20)) {
    const [coding = '', ...parameters] = choice.split(';').map((part) => part.trim().toLowerCase())
    named.set(coding, qualityOf(parameters))
  }
  const compressed = named.get('gzip') ?? named.get('x-gzip') ?? named.get('*') ?? 0
  return compressed > 0 && compressed >= (named.get('identity') ?? 0)
}
