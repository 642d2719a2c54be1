import { createHash } from 'node:crypto'

/**
 * A line's id follows from its order's id and its key there, so that a shipment of any system that names the order
 * and the key means the same line.
 */
export function lineIdOf(orderId: string, lineKey: string): string {
  return `oln_${createHash('sha256')
    .update(JSON.stringify([orderId, lineKey]))
    .digest('hex')
    .slice(0, 26)}`
}
