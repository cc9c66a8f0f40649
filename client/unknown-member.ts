/** A member of a result union that a later version of the API answers. A refusal says why in `message`. */
export type UnknownMember = { readonly __typename: string; readonly message?: string }

/**
 * For the `default` of a switch over `__typename`. TypeScript refuses it while a known member has no case; at run time it gives
 * what came from a later version of the API.
 */
export const unknownMember = (member: never): UnknownMember => member
