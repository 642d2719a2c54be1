export type Random = {
  /** In [0, 1). */
  next(): number
  /** Whole, both ends included. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
}

/** Streams of numbers that never depend on each other: a table that draws more does not move the others. */
export const streams = { model: 1, variant: 2, site: 3, person: 4, account: 5, order: 6, stock: 7, step: 8 } as const

/** sfc32 seeded from whole numbers: the same keys always give the same draws. */
export function createRandom(...keys: readonly number[]): Random {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  for (const key of keys) {
    a = Math.imul(a ^ key, 0x85ebca6b)
    a ^= a >>> 13
    b = Math.imul(b ^ (a + key), 0xc2b2ae35)
    b ^= b >>> 16
    c = (c + Math.imul(a ^ b, 0x27d4eb2f)) | 0
  }

  function draw(): number {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 12; round += 1) draw()

  return {
    next: draw,
    int: (min, max) => min + Math.floor(draw() * (max - min + 1)),
    chance: (probability) => draw() < probability,
    pick: (list) => list[Math.floor(draw() * list.length)] ?? list[0],
  }
}
