import { type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import { type ClientOperation, compileAnswer, compileFetching, type PrepareDeps } from './compile-operation.ts'
import { createPartsOf } from './compile-parts.ts'
import { conditionVariablesOf } from './conditions.ts'
import { hasDefer } from './defer.ts'
import type { PreparedOperation } from './prepared.ts'
import { createRunInParts } from './run-in-parts.ts'
import { createRunner } from './runner.ts'
import { createVariantOf } from './variants.ts'

/** See `Executor.prepare`. */
export const prepareOperation = (
  document: DocumentNode,
  operationName: string | undefined,
  deps: PrepareDeps,
): PreparedOperation => {
  const node = findOperation(document, operationName)
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const operation: ClientOperation = { node, fragments }
  const variantOf = createVariantOf(
    conditionVariablesOf(node, fragments),
    deps.limits.maxVariants,
    (conditions) => compileFetching(operation, conditions, deps),
    (fetching, conditions) => compileAnswer(operation, fetching, conditions, deps),
  )
  const runner = createRunner(variantOf)
  return {
    kind: node.operation === 'mutation' ? 'mutation' : 'query',
    name: node.name?.value,
    run: runner.run,
    runToText: runner.runToText,
    runInParts: hasDefer([node, ...fragments.values()])
      ? createRunInParts(createPartsOf(operation, deps), runner)
      : null,
  }
}

const findOperation = (document: DocumentNode, name: string | undefined): OperationDefinitionNode => {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const found = name === undefined ? operations : operations.filter((operation) => operation.name?.value === name)
  const [operation] = found
  if (operation === undefined || found.length > 1) {
    throw new AppError(
      'BAD_REQUEST',
      name === undefined
        ? `Cannot run document: it needs exactly one operation or an operation name, got ${found.length} operations`
        : `Cannot run document: it has no operation named ${name}`,
    )
  }
  if (operation.operation === 'subscription') {
    throw new AppError('BAD_REQUEST', 'Cannot run document: subscriptions are not answered with one response')
  }
  return operation
}
