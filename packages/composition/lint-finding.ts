import type { NameNode } from 'graphql'

/** Something about a schema that its readers or its users will stumble over. */
export type LintFinding = {
  readonly level: 'ERROR' | 'WARNING'
  /** Such as `FIELD_NAMES_SHOULD_BE_CAMEL_CASE`: the names that Apollo gives these rules, where it has them. */
  readonly rule: string
  /** Such as `Product.price`. */
  readonly coordinate: string
  readonly message: string
  /** Where the name stands in the SDL, counted in UTF-16 units. */
  readonly start: number
  readonly end: number
}

/** What must be mended, because clients would have to live with it. */
export const error = (rule: string, coordinate: string, name: NameNode, message: string): LintFinding => ({
  level: 'ERROR',
  rule,
  coordinate,
  message: `${coordinate} ${message}`,
  start: name.loc?.start ?? 0,
  end: name.loc?.end ?? 0,
})

/** What is to be looked at. */
export const warning = (...said: Parameters<typeof error>): LintFinding => ({
  ...error(...said),
  level: 'WARNING',
})
