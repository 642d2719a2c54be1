/** One environment variable: how it is read and how it is described. Built by the functions below. */
export type Variable<T> = {
  readonly name: string
  /** One sentence for `.env.example`. */
  readonly meaning: string
  /** Text of what is allowed, as it reads after "allowed is". */
  readonly allowed: string
  /** What absence means, as text; empty when the setting is simply off. */
  readonly defaultText: string
  /** Secrets are never shown in an error text. */
  readonly secret: boolean
  /** @returns `invalid` when the text is not allowed. `text` is undefined when the variable is absent or empty. */
  readonly parse: (text: string | undefined) => T | typeof invalid
}

export const invalid: unique symbol = Symbol('invalid')

export function text(name: string, fallback: string, meaning: string): Variable<string> {
  return variable(name, meaning, 'a text', fallback, (given) => given ?? fallback)
}

/** A number without fraction, within `range` (inclusive). */
export function wholeNumber(
  name: string,
  fallback: number,
  range: readonly [number, number],
  meaning: string,
): Variable<number> {
  const [least, most] = range
  return variable(name, meaning, `a whole number from ${least} to ${most}`, String(fallback), (given) => {
    if (given === undefined) return fallback
    const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    return value >= least && value <= most ? value : invalid
  })
}

export function choice<const C extends string>(
  name: string,
  fallback: C,
  choices: readonly C[],
  meaning: string,
): Variable<C> {
  return variable(name, meaning, listOf(choices), fallback, (given) => {
    return given === undefined ? fallback : (choices.find((known) => known === given) ?? invalid)
  })
}

export function flag(name: string, fallback: boolean, meaning: string): Variable<boolean> {
  return variable(name, meaning, 'true or false', String(fallback), (given) => {
    if (given === undefined) return fallback
    return given === 'true' ? true : given === 'false' ? false : invalid
  })
}

/** Absent: off. The value may hold a password, so only what precedes and follows it is ever shown. */
export function optionalUrl(name: string, schemes: readonly string[], meaning: string): Variable<string | undefined> {
  return variable(
    name,
    meaning,
    `an address that begins with ${listOf(schemes.map((s) => `${s}://`))}`,
    '',
    (given) => {
      if (given === undefined) return undefined
      const parsed = URL.canParse(given) ? new URL(given) : null
      return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1)) ? given : invalid
    },
  )
}

/** Comma-separated; absent: none. `accepts` judges one entry. */
export function list(
  name: string,
  allowed: string,
  accepts: (entry: string) => boolean,
  meaning: string,
): Variable<readonly string[]> {
  return variable(name, meaning, allowed, '', (given) => {
    const entries = (given ?? '').split(',').map((entry) => entry.trim())
    const kept = entries.filter((entry) => entry !== '')
    return kept.every(accepts) ? kept : invalid
  })
}

/** Absent: off or made by the part that needs it. */
export function optionalSecret(name: string, leastLength: number, meaning: string): Variable<string | undefined> {
  const allowed = `a secret of at least ${leastLength} characters`
  return {
    ...variable(name, meaning, allowed, '', (given) =>
      given === undefined || given.length >= leastLength ? given : invalid,
    ),
    secret: true,
  }
}

/** Shows a rejected value without giving a secret away. */
export function showValue(of: Variable<unknown>, given: string): string {
  if (of.secret) return `a secret of ${given.length} characters`
  const withoutPassword = given.replace(/\/\/[^/]*@/, '//***@')
  return JSON.stringify(withoutPassword.length > 80 ? `${withoutPassword.slice(0, 79)}…` : withoutPassword)
}

function variable<T>(
  name: string,
  meaning: string,
  allowed: string,
  defaultText: string,
  parse: Variable<T>['parse'],
): Variable<T> {
  return { name, meaning, allowed, defaultText, secret: false, parse }
}

function listOf(values: readonly string[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
}
