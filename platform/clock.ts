/** Tells the present moment. Handed in wherever time matters, so that a test can hold it still. */
export type Clock = () => Date

/** The machine's clock. */
export const systemClock: Clock = () => new Date()
