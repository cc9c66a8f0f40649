/** Statements that take from the last release what it reads or writes. */
const contracting: readonly RegExp[] = [
  /\bdrop (?:table|view|column|default)\b[^,;`]*/gi,
  /\brename (?:column |constraint )?\w+ to \w+|\brename to \w+/gi,
  /\balter (?:column )?\w+ (?:set data )?type\b[^,;`]*/gi,
  /\balter (?:column )?\w+ set not null/gi,
  /\badd column (?:if not exists )?(?![^,;`]*\b(?:default|generated)\b)[^,;`]*\bnot null\b/gi,
]

const declaration = /^\s*\/\/ contracts: \S.*$/m

/**
 * The statements of a migration's source that processes of the last release may not survive; none if the migration says
 * in a comment, `// contracts: ` and why, that no release which needs it runs any more.
 */
export const findContractions = (source: string): readonly string[] =>
  declaration.test(source)
    ? []
    : contracting.flatMap(pattern =>
        [...source.matchAll(pattern)].map(([statement]) => statement.trim().replace(/\s+/g, ' ')),
      )
