import type { EditOrderInput } from '../../../schema/generated/orders.ts'

export type InvalidChangeReason =
  | 'NO_CHANGES'
  | 'TOO_MANY_CHANGES'
  | 'BAD_QUANTITY'
  | 'SAME_LINE_TWICE'
  | 'NOT_ONE_KIND'
  | 'BAD_TEXT'
export type InvalidChange = {
  readonly index: number | null
  readonly reason: InvalidChangeReason
  readonly message: string
}

/** What is asked of one line, or of one there is not yet; `quantity` 0: it is to go. */
export type AskedChange =
  | { readonly kind: 'set'; readonly index: number; readonly lineId: string; readonly quantity: number }
  | { readonly kind: 'add'; readonly index: number; readonly sku: string; readonly quantity: number }

export const mostChanges = 100
const mostUnits = 1_000_000
const longestText = 200

/** What is wrong with changes, whatever the order is; else the changes. */
export function parseChanges(changes: EditOrderInput['changes']): {
  readonly asked: readonly AskedChange[]
  readonly invalid: readonly InvalidChange[]
} {
  if (changes.length === 0 || changes.length > mostChanges) {
    const reason = changes.length === 0 ? 'NO_CHANGES' : 'TOO_MANY_CHANGES'
    const message = `${changes.length} changes are given, allowed are 1 to ${mostChanges}`
    return { asked: [], invalid: [{ index: null, reason, message }] }
  }
  const seen = new Set<string>()
  const asked: AskedChange[] = []
  const invalid = changes.flatMap((change, index): readonly InvalidChange[] => {
    const given = [change.setQuantity, change.removeLine, change.addLine].filter((one) => one != null).length
    if (given !== 1) {
      const message = `${given} of setQuantity, removeLine and addLine are given, allowed is exactly one`
      return [{ index, reason: 'NOT_ONE_KIND', message }]
    }
    const quantity = change.setQuantity?.quantity ?? change.addLine?.quantity ?? 1
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > mostUnits) {
      const message = `quantity is ${quantity}, allowed are 1 to ${mostUnits}; removeLine takes a line out`
      return [{ index, reason: 'BAD_QUANTITY', message }]
    }
    const sku = change.addLine?.sku
    const lineId = change.setQuantity?.lineId ?? change.removeLine?.lineId
    const text = sku ?? lineId ?? ''
    if (text.length === 0 || text.length > longestText || text.includes('\0')) {
      const message = `${sku == null ? 'lineId' : 'sku'} has ${text.length} characters, allowed are 1 to ${longestText}`
      return [{ index, reason: 'BAD_TEXT', message }]
    }
    const name = `${sku == null ? 'line' : 'sku'} ${text}`
    if (seen.has(name))
      return [{ index, reason: 'SAME_LINE_TWICE', message: `${name} is changed twice, allowed is once` }]
    seen.add(name)
    if (sku != null) asked.push({ kind: 'add', index, sku, quantity })
    else asked.push({ kind: 'set', index, lineId: text, quantity: change.removeLine == null ? quantity : 0 })
    return []
  })
  return { asked, invalid }
}
