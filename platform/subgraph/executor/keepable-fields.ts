/** `Type.field` of resolvers whose values may be given again, and of those among them that are asked anew each time. */
export type KeepableFields = { readonly kept: ReadonlySet<string>; readonly renewed: ReadonlySet<string> }

export const nothingKeepable: KeepableFields = { kept: new Set(), renewed: new Set() }
