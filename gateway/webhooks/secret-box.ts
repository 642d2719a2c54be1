import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { AppError } from '../../platform/errors/app-error.ts'

/** Keeps secrets unreadable to who sees only the database. */
export type SecretBox = {
  seal(secret: string): string
  /** @throws AppError `CONFIG_INVALID` when it was sealed under another key */
  open(sealed: string): string
}

const nonceBytes = 12
const tagBytes = 16

/** @param key any text of at least 32 characters; the same in every process */
export function createSecretBox(key: string): SecretBox {
  const derived = createHash('sha256').update(`storeloom webhook secrets\0${key}`).digest()
  return {
    seal(secret) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', derived, nonce)
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },
    open(text) {
      const bytes = Buffer.from(text, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', derived, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        })
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
        const sealed = bytes.subarray(nonceBytes + tagBytes)
        return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new AppError(
          'CONFIG_INVALID',
          'Cannot sign for a webhook: its secret was sealed under another STORELOOM_WEBHOOK_KEY',
          { cause },
        )
      }
    },
  }
}
