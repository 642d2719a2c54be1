/** What is there already, or will be: so that what lies in memory is answered without a turn of the event loop for each part. */
export type MaybePromise<T> = T | Promise<T>

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Goes on with a value at once when it is there, else when it comes. */
export function whenReady<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(goOn) : goOn(value)
}

/** All in order: at once when none is waited for. */
export function allReady<T extends readonly unknown[] | []>(values: T): MaybePromise<Ready<T>> {
  return areReady(values) ? values : Promise.all(values)
}

type Ready<T> = { -readonly [P in keyof T]: Awaited<T[P]> }

function areReady<T extends readonly unknown[] | []>(values: T): values is T & Ready<T> {
  return !values.some(isPromise)
}
