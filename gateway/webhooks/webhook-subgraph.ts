import { type CursorCodec, hashFilter } from '../../platform/cursor.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { HostableSubgraph } from '../../platform/subgraph/host.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { readSubgraphSdl } from '../../schema/load.ts'
import type { DurableSubscription, DurableSubscriptions } from './durable-subscriptions.ts'
import type { AskedSelection } from './streams.ts'
import type { DeliveryState, OnDeadLetter, Webhook, WebhookDelivery } from './webhook.ts'
import type { WebhookService, WithSecret } from './webhook-service.ts'

export type WebhookOperations = { readonly webhooks: WebhookService; readonly durable: DurableSubscriptions }

type SelectionInput = {
  readonly operation: string
  readonly operationName?: string | null
  readonly variables?: unknown
  readonly version?: string | null
  readonly after?: string | null
}
type RegisterInput = SelectionInput & { readonly url: string; readonly onDeadLetter: OnDeadLetter }
type DurableInput = SelectionInput & { readonly name: string }
type ById = { readonly id: string }
type ByName = { readonly name: string }
type ReplayArgs = ById & {
  readonly cursor?: string | null
  readonly since?: string | null
  readonly onlyDeadLetters: boolean
}
type DeliveriesArgs = {
  readonly first: number
  readonly after?: string | null
  readonly state?: DeliveryState | null
}

const mostInPage = 100

/**
 * What partners do with their webhooks through the graph.
 * @param operations told when asked: they need the gateway, which needs this first
 */
export function createWebhookSubgraph(operations: () => WebhookOperations, cursors: CursorCodec): HostableSubgraph {
  async function deliveries({ id }: Webhook, args: DeliveriesArgs, { viewer }: SubgraphCall) {
    const { first, after = null, state = null } = args
    if (first < 1 || first > mostInPage) {
      throw new AppError('BAD_USER_INPUT', `Cannot read deliveries: first is ${first}, allowed is 1 to ${mostInPage}`)
    }
    const list = { scope: 'Webhook.deliveries', filterHash: hashFilter([viewer.tenant, id, state]) }
    const [last] = after === null ? [] : cursors.decode(after, list)
    const before = last === undefined ? null : BigInt(String(last))
    const page = await operations().webhooks.deliveries(viewer, id, { state, before, limit: first + 1 })
    const edges = page.slice(0, first).map((delivery) => ({
      cursor: cursors.encode({ ...list, values: [String(delivery.sequence)] }),
      node: toNode(delivery),
    }))
    return {
      edges,
      pageInfo: {
        hasNextPage: page.length > first,
        hasPreviousPage: after !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    }
  }

  const withSecret = ({ webhook, secret }: WithSecret) => ({ webhook, secret })

  return {
    name: 'webhooks',
    typeDefs: readSubgraphSdl('webhooks'),
    resolvers: {
      Query: {
        webhooks: (_: unknown, __: unknown, { viewer }: SubgraphCall) => operations().webhooks.list(viewer),
        webhook: (_: unknown, { id }: ById, { viewer }: SubgraphCall) => operations().webhooks.find(viewer, id),
        durableSubscriptions: async (_: unknown, __: unknown, { viewer }: SubgraphCall) =>
          (await operations().durable.list(viewer)).map(toDurableNode),
        async durableSubscription(_: unknown, { name }: ByName, { viewer }: SubgraphCall) {
          const durable = await operations().durable.find(viewer, name)
          return durable === null ? null : toDurableNode(durable)
        },
      },
      Mutation: {
        async registerWebhook(_: unknown, { input }: { input: RegisterInput }, { viewer }: SubgraphCall) {
          const { url, onDeadLetter, after = null } = input
          const asked = { url, onDeadLetter, after, selection: toSelection(input) }
          return withSecret(await operations().webhooks.register(viewer, asked))
        },
        async rotateWebhookSecret(
          _: unknown,
          { id, overlapHours }: ById & { overlapHours: number },
          { viewer }: SubgraphCall,
        ) {
          return withSecret(await operations().webhooks.rotateSecret(viewer, id, overlapHours * 3_600_000))
        },
        pingWebhook: (_: unknown, { id }: ById, { viewer }: SubgraphCall) => operations().webhooks.ping(viewer, id),
        pauseWebhook: (_: unknown, { id }: ById, { viewer }: SubgraphCall) => operations().webhooks.pause(viewer, id),
        resumeWebhook: (_: unknown, { id }: ById, { viewer }: SubgraphCall) => operations().webhooks.resume(viewer, id),
        async deleteWebhook(_: unknown, { id }: ById, { viewer }: SubgraphCall) {
          await operations().webhooks.remove(viewer, id)
          return id
        },
        async replayWebhook(_: unknown, args: ReplayArgs, { viewer }: SubgraphCall) {
          const { id, cursor = null, since = null, onlyDeadLetters } = args
          if (cursor === null) {
            const filter = { since: since === null ? null : new Date(since), deadOnly: onlyDeadLetters }
            return operations().webhooks.replay(viewer, id, filter)
          }
          if (since !== null || onlyDeadLetters) {
            throw new AppError('BAD_USER_INPUT', 'Cannot replay: cursor does not go with since or onlyDeadLetters')
          }
          return { webhook: await operations().webhooks.rewind(viewer, id, cursor), count: null }
        },
        async saveDurableSubscription(_: unknown, { input }: { input: DurableInput }, { viewer }: SubgraphCall) {
          const { name, after = null } = input
          return toDurableNode(await operations().durable.save(viewer, name, toSelection(input), after))
        },
        async acknowledgeEvents(_: unknown, { name, cursor }: ByName & { cursor: string }, { viewer }: SubgraphCall) {
          return toDurableNode(await operations().durable.acknowledge(viewer, name, cursor))
        },
        async deleteDurableSubscription(_: unknown, { name }: ByName, { viewer }: SubgraphCall) {
          await operations().durable.remove(viewer, name)
          return name
        },
      },
      Webhook: {
        operation: ({ selection }: Webhook) => selection.operation,
        operationName: ({ selection }: Webhook) => selection.operationName,
        variables: ({ selection }: Webhook) => selection.variables,
        version: ({ selection }: Webhook) => selection.version,
        createdAt: ({ createdAt }: Webhook) => createdAt.toISOString(),
        verifiedAt: ({ verifiedAt }: Webhook) => verifiedAt?.toISOString() ?? null,
        cursor: ({ checkpoint }: Webhook) => checkpoint,
        failures: ({ consecutiveFailures }: Webhook) => consecutiveFailures,
        failingSince: ({ failingSince }: Webhook) => failingSince?.toISOString() ?? null,
        nextAttemptAt: ({ openUntil }: Webhook) => openUntil?.toISOString() ?? null,
        pending: async ({ id }: Webhook) => (await operations().webhooks.pending([id])).get(id) ?? 0,
        deliveries,
      },
    },
    createContext: (call) => call,
  }
}

function toSelection({ operation, operationName, variables, version }: SelectionInput): AskedSelection {
  return {
    operation,
    operationName: operationName ?? null,
    variables: toVariables(variables ?? {}),
    version: version ?? null,
  }
}

function toVariables(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('BAD_USER_INPUT', 'Cannot read variables: allowed is an object', {
      details: { argument: 'variables' },
    })
  }
  return { ...value }
}

function toNode({ createdAt, lastAttemptAt, nextAttemptAt, settledAt, ...rest }: WebhookDelivery) {
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    lastAttemptAt: lastAttemptAt?.toISOString() ?? null,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    settledAt: settledAt?.toISOString() ?? null,
  }
}

function toDurableNode({ name, selection, cursor, acknowledgedAt, createdAt }: DurableSubscription) {
  return {
    name,
    ...selection,
    cursor,
    acknowledgedAt: acknowledgedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}
