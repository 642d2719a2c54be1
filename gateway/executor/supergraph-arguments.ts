import { type ConstDirectiveNode, type DirectiveNode, Kind } from 'graphql'

/** The text of a directive's string, enum or Boolean argument. */
export const argumentOf = (directive: ConstDirectiveNode | DirectiveNode, name: string): string | undefined => {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value
  if (value?.kind === Kind.BOOLEAN) return String(value.value)
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : undefined
}
