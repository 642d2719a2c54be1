import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * What of a schema an operation uses, as schema coordinates: fields, arguments, and enum values and input fields that
 * are written out. Of a variable only its input or enum type is known: `OrderFilter`.
 *
 * @param document a valid one; every fragment of it counts, whichever operation uses it
 */
export function coordinatesOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): readonly string[] {
  const used = new Set<string>()
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      OperationDefinition: (node) => (node === operation ? undefined : false),
      VariableDefinition(node) {
        const type = getNamedType(types.getInputType())
        if (isInputObjectType(type) || isEnumType(type)) used.add(type.name)
        return node.defaultValue === undefined ? false : undefined
      },
      Field() {
        const [parent, field] = [types.getParentType(), types.getFieldDef()]
        if (parent && field && !field.name.startsWith('__')) used.add(`${parent.name}.${field.name}`)
      },
      Argument() {
        const [parent, field, argument] = [types.getParentType(), types.getFieldDef(), types.getArgument()]
        if (parent && field && argument) used.add(`${parent.name}.${field.name}(${argument.name}:)`)
      },
      ObjectField(node) {
        const type = getNamedType(types.getParentInputType())
        if (isInputObjectType(type)) used.add(`${type.name}.${node.name.value}`)
      },
      EnumValue(node) {
        const type = getNamedType(types.getInputType())
        if (isEnumType(type)) used.add(`${type.name}.${node.value}`)
      },
      Directive: () => false,
    }),
  )
  return [...used].sort()
}
