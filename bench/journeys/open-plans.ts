import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes a plans file without practical limits: every stage does its work and refuses nobody. @returns its path */
export async function writeOpenPlans(folder: string): Promise<string> {
  const bucket = { maximum: 10_000_000, restoreRate: 1_000_000 }
  const plan = {
    maxCost: 100_000,
    maxListNodes: 100_000,
    buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket },
  }
  const kinds = { anonymous: 'bench', shopper: 'bench', staff: 'bench', partner: 'bench', service: 'bench' }
  const path = join(folder, 'plans.json')
  await writeFile(path, JSON.stringify({ plans: { bench: plan }, kinds, clients: {} }))
  return path
}
