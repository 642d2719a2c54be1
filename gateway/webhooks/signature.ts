import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'
const secretBytes = 32

/** @returns a secret in the form of the Standard Webhooks specification: `whsec_` and base64 */
export function createWebhookSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64')
}

export type SignedMessage = { readonly id: string; readonly timestampSeconds: number; readonly body: string }

/**
 * The three headers of Standard Webhooks 1.0. While a secret is being replaced there is one signature for each, so that
 * a receiver may change over at any moment of the overlap.
 */
export function signatureHeaders(secrets: readonly string[], message: SignedMessage): Readonly<Record<string, string>> {
  const { id, timestampSeconds, body } = message
  const signed = `${id}.${timestampSeconds}.${body}`
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  }
}
