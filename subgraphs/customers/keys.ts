import type { IdentifierKind } from './identifiers.ts'

export type IdentifierKey = { readonly kind: IdentifierKind; readonly value: string }

export function identifierKeyOf({ kind, value }: IdentifierKey): string {
  return `${kind}:${value}`
}
