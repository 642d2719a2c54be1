import { type ViewerCodec, viewerHeader } from '../platform/identity/viewer-header.ts'
import { correlationHeader } from '../platform/subgraph/host.ts'
import { traceHeaders } from '../platform/telemetry/trace.ts'
import type { SubgraphHeaders } from './execute.ts'

/** What our own subgraphs are told with every call: who asks, and under which correlation id and trace. */
export function createSubgraphHeaders(codec: ViewerCodec): SubgraphHeaders {
  return ({ viewer, correlationId, traceparent }) => {
    const headers: Record<string, string> = {
      [viewerHeader]: codec.encode(viewer),
      [correlationHeader]: correlationId,
    }
    if (traceparent !== undefined) headers.traceparent = traceparent
    return Object.assign(headers, traceHeaders())
  }
}
