import type { Viewer } from '../platform/identity/viewer.ts'

const unpublished: ReadonlySet<string> = new Set(['DRAFT', 'APPROVED', 'ARCHIVED'])

/** Whether a viewer sees products and variants that are not, or not any more, published. */
export function seesUnpublished(viewer: Viewer): boolean {
  return viewer.kind === 'service' || (viewer.kind === 'staff' && viewer.roles.length > 0)
}

/** Whether what is in this stage of its life is for everyone. */
export function isPublished(lifecycle: string): boolean {
  return !unpublished.has(lifecycle)
}

/** Whether a viewer sees a price of this channel; a partner those of its own channels and those of all. */
export function seesPriceOf(viewer: Viewer, channelId: string | null): boolean {
  return viewer.kind !== 'partner' || channelId === null || viewer.channelIds.includes(channelId)
}
