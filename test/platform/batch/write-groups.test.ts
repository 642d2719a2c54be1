import { describe, expect, it } from 'vitest'
import { createWriteGroups } from '../../../platform/batch/write-groups.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { createDeferred } from '../../support/deferred.ts'

type Write = { readonly keys: readonly string[]; readonly name: string }
const write = (name: string, ...keys: string[]): Write => ({ name, keys })

/** Groups that end when they are told to. */
function recorded(
  options: { readonly maxGroup?: number; readonly maxWaiting?: number; readonly maxWaitMs?: number } = {},
) {
  const ran: string[][] = []
  const gate = createDeferred<void>()
  const groups = createWriteGroups<Write, string>({
    keysOf: ({ keys }) => keys,
    async run(writes) {
      ran.push(writes.map(({ name }) => name))
      await gate.promise
      if (writes.some(({ name }) => name === 'poison')) throw new TypeError('poison')
      if (writes.some(({ name }) => name === 'away')) throw new AppError('UPSTREAM_UNAVAILABLE', 'the store is away')
      return writes.map(({ name }) => `${name}!`)
    },
    ...options,
  })
  return { groups, ran, open: () => gate.resolve() }
}

/** Groups that are written at once, and rest after it. */
function resting(restMs: number, maxGroup = 10) {
  const ran: string[] = []
  const rests: number[] = []
  const groups = createWriteGroups<Write, string>({
    keysOf: ({ keys }) => keys,
    restMs(ranMs) {
      rests.push(ranMs)
      return restMs
    },
    async run(writes) {
      ran.push(writes.map(({ name }) => name).join(' '))
      return writes.map(({ name }) => name)
    },
    maxGroup,
  })
  return { groups, ran, rests }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('write groups', () => {
  it('of a key that several share make those that come next share one as well, and nobody else wait', async () => {
    const ran: string[] = []
    const groups = createWriteGroups<Write, string>({
      keysOf: ({ keys }) => keys,
      paceMs: 200,
      async run(writes) {
        ran.push(writes.map(({ name }) => name).join(' '))
        return writes.map(({ name }) => name)
      },
    })
    const beganMs = performance.now()
    await Promise.all([groups.submit(write('1', 'a', 'x')), groups.submit(write('2', 'a', 'y'))])
    const next = groups.submit(write('3', 'a'))
    await turn()
    // What they do not share is free, and one alone is followed at once.
    expect(await groups.submit(write('4', 'x'))).toBe('4')
    expect(await groups.submit(write('5', 'x'))).toBe('5')
    const last = groups.submit(write('6', 'a'))
    expect(ran).toEqual(['1 2', '4', '5'])
    await Promise.all([next, last])
    expect(ran).toEqual(['1 2', '4', '5', '3 6'])
    // A timer may be a millisecond early.
    expect(performance.now() - beganMs).toBeGreaterThan(190)
    await groups[Symbol.asyncDispose]()
  })

  it('write at once when nothing is under way, and together what came meanwhile', async () => {
    const { groups, ran, open } = recorded()
    const first = groups.submit(write('1', 'a'))
    await turn()
    const rest = [groups.submit(write('2', 'a')), groups.submit(write('3', 'a')), groups.submit(write('4', 'a'))]
    await turn()
    expect(ran).toEqual([['1']])
    open()
    expect(await Promise.all([first, ...rest])).toEqual(['1!', '2!', '3!', '4!'])
    expect(ran).toEqual([['1'], ['2', '3', '4']])
    expect(groups.counts()).toEqual({ groups: 2, requests: 4 })
  })

  it('of other keys run beside, and never two of one key', async () => {
    const { groups, ran, open } = recorded()
    const all = [groups.submit(write('a1', 'a'))]
    await turn()
    all.push(groups.submit(write('a2', 'a')), groups.submit(write('b1', 'b')))
    await turn()
    expect(ran).toEqual([['a1'], ['b1']])
    open()
    await Promise.all(all)
    expect(ran).toEqual([['a1'], ['b1'], ['a2']])
  })

  it('keep the order of those that share a key, also through one that needs two', async () => {
    const { groups, ran, open } = recorded()
    const all = [groups.submit(write('a1', 'a'))]
    await turn()
    all.push(groups.submit(write('ab', 'a', 'b')), groups.submit(write('b1', 'b')))
    await turn()
    // b is free, but the one before it waits for a and b.
    expect(ran).toEqual([['a1']])
    open()
    await Promise.all(all)
    expect(ran.flat()).toEqual(['a1', 'ab', 'b1'])
  })

  it('let the next one of a key begin once they pass it on, and no third', async () => {
    const ran: string[] = []
    const passing = createDeferred<void>()
    const ends = { a1: createDeferred<void>(), a2: createDeferred<void>(), a3: createDeferred<void>() }
    const names = ['a1', 'a2', 'a3'] as const
    const groups = createWriteGroups<(typeof names)[number], string>({
      keysOf: () => ['a'],
      async run([name = 'a1'], passOn) {
        ran.push(name)
        if (name === 'a1') await passing.promise.then(passOn)
        await ends[name].promise
        return [name]
      },
      maxGroup: 1,
    })
    const [first, ...rest] = names.map((name) => groups.submit(name))
    await turn()
    expect(ran).toEqual(['a1'])
    passing.resolve()
    await expect.poll(() => ran).toEqual(['a1', 'a2'])
    // Its end does not open the key that the second holds.
    ends.a1.resolve()
    await first
    await turn()
    expect(ran).toEqual(['a1', 'a2'])
    ends.a2.resolve()
    ends.a3.resolve()
    expect(await Promise.all(rest)).toEqual(['a2', 'a3'])
    expect(ran).toEqual(['a1', 'a2', 'a3'])
  })

  it('take along those who ask again as soon as they are told, though the keys were passed on before', async () => {
    const ran: number[] = []
    const written = createDeferred<void>()
    const passed = createDeferred<void>()
    const end = createDeferred<void>()
    const groups = createWriteGroups<string, string>({
      keysOf: () => ['a'],
      async run(names, passOn) {
        ran.push(names.length)
        if (ran.length === 1) {
          passOn()
          await written.promise
        } else if (ran.length === 2) {
          await passed.promise.then(passOn)
          await end.promise
        }
        return names
      },
      maxGroup: 100,
    })
    const again = Array.from({ length: 100 }, async (_, n) => {
      await groups.submit(`first ${n}`)
      if (n === 0) passed.resolve()
      await groups.submit(`again ${n}`)
    })
    await turn()
    const second = groups.submit('second')
    await expect.poll(() => ran).toEqual([100, 1])
    written.resolve()
    await expect.poll(() => ran).toEqual([100, 1, 100])
    end.resolve()
    await Promise.all([...again, second])
  })

  it('rest as long as is said of how long they ran: what comes meanwhile is one group, and other keys wait for none of it', async () => {
    const { groups, ran, rests } = resting(200)
    await groups.submit(write('a1', 'a'))
    const second = groups.submit(write('a2', 'a'))
    await groups.submit(write('b1', 'b'))
    const third = groups.submit(write('a3', 'a'))
    await Promise.all([second, third])
    expect(ran).toEqual(['a1', 'b1', 'a2 a3'])
    expect(rests).toHaveLength(3)
    expect(Math.min(...rests)).toBeGreaterThanOrEqual(0)
  })

  it('do not rest when they were full', async () => {
    const { groups, ran, rests } = resting(200, 2)
    await Promise.all(['a1', 'a2', 'a3'].map((name) => groups.submit(write(name, 'a'))))
    expect(ran).toEqual(['a1 a2', 'a3'])
    expect(rests).toHaveLength(1)
    const waiting = expect(groups.submit(write('a4', 'a'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await groups[Symbol.asyncDispose]()
    await waiting
  })

  it('are split until the one that cannot be written stands alone', async () => {
    const { groups, open } = recorded()
    open()
    const names = ['1', '2', 'poison', '3', '4']
    const outcomes = await Promise.allSettled(names.map((name) => groups.submit(write(name, 'a'))))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
  })

  it('are not split when the store is away: each is told so', async () => {
    const { groups, ran, open } = recorded()
    open()
    const outcomes = await Promise.allSettled(['1', 'away'].map((name) => groups.submit(write(name, 'a'))))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(ran).toHaveLength(1)
  })

  it('hold no more than they may, and take no more than they can hold', async () => {
    const { groups, ran, open } = recorded({ maxGroup: 2, maxWaiting: 3 })
    const first = groups.submit(write('1', 'a'))
    await turn()
    const rest = ['2', '3', '4'].map((name) => groups.submit(write(name, 'a')))
    await expect(groups.submit(write('5', 'a'))).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    open()
    await Promise.all([first, ...rest])
    expect(ran).toEqual([['1'], ['2', '3'], ['4']])
  })

  it('let others pass a key that thousands wait for', async () => {
    const { groups, ran, open } = recorded()
    const hot = Array.from({ length: 5_000 }, (_, n) => groups.submit(write(`hot ${n}`, 'hot')))
    const cold = groups.submit(write('cold', 'cold'))
    await turn()
    expect(ran.map((names) => names.length)).toEqual([256, 1])
    open()
    await Promise.all([...hot, cold])
  })

  it('tell many that they are written a few at a time, so that others have their turn', async () => {
    const { groups, open } = recorded()
    open()
    const order: string[] = []
    const names = Array.from({ length: 200 }, (_, n) => `${n}`)
    await Promise.all(
      names.map(async (name) => {
        await groups.submit(write(name, 'a'))
        if (name === '0') setImmediate(() => order.push('another'))
        if (name === '199') order.push('the last')
      }),
    )
    expect(order).toEqual(['another', 'the last'])
  })

  it('let nobody wait for ever, nor run what was given up', async () => {
    const { groups, ran, open } = recorded({ maxWaitMs: 50 })
    const first = groups.submit(write('1', 'a'))
    await turn()
    const giveUp = new AbortController()
    const late = groups.submit(write('2', 'a'))
    const gone = groups.submit(write('3', 'a'), giveUp.signal)
    giveUp.abort()
    const outcomes = await Promise.allSettled([late, gone])
    expect(outcomes).toMatchObject([
      { reason: { code: 'DEADLINE_EXCEEDED' } },
      { reason: { code: 'DEADLINE_EXCEEDED' } },
    ])
    open()
    await first
    expect(ran).toEqual([['1']])
  })

  it('finish what runs when they are closed, and refuse the rest', async () => {
    const { groups, open } = recorded()
    const first = groups.submit(write('1', 'a'))
    await turn()
    const waiting = groups.submit(write('2', 'a'))
    const refused = expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    const closed = groups[Symbol.asyncDispose]()
    open()
    await closed
    await refused
    expect(await first).toBe('1!')
    await expect(groups.submit(write('3', 'a'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})
