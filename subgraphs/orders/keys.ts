/** One text for a channel and an order number of that channel; the numbers may hold any character. */
export function externalKeyOf(key: { readonly channelId: string; readonly externalNumber: string }): string {
  return JSON.stringify([key.channelId, key.externalNumber])
}
