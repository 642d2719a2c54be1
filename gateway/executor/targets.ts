import type { DataObject } from './data.ts'

/** The objects answers go to, and which of the different answers each is to have. */
export type Targets = {
  readonly objects: DataObject[]
  readonly slots: number[]
  readonly pathOf: number[]
  /** By slot: the first of them at the path that is being looked at. */
  firsts: (DataObject | undefined)[]
  /** How many different answers there are. */
  count: number
}

export const noTargets = (): Targets => ({ objects: [], slots: [], pathOf: [], firsts: [], count: 0 })

export const addTarget = (targets: Targets, object: DataObject, slot: number, path: number): void => {
  targets.objects.push(object)
  targets.slots.push(slot)
  targets.pathOf.push(path)
}

export const isAnyTwice = ({ objects, count }: Targets): boolean => objects.length > count
