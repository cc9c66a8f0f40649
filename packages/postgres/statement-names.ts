import { createHash } from 'node:crypto'

const usesBeforeName = 5
const maxNames = 100
const maxWatched = 500

/**
 * Names the statements that one connection sends often, from the fifth time on; at most 100, since PostgreSQL keeps the plan
 * of each in the memory of the connection.
 */
export const createStatementNames = () => {
  const names = new Map<string, string>()
  const uses = new Map<string, number>()
  let made = 0

  return {
    /** The name of a statement; undefined if it has none. */
    of: (text: string): string | undefined => {
      const known = names.get(text)
      if (known !== undefined || names.size === maxNames) return known
      const count = (uses.get(text) ?? 0) + 1
      if (count < usesBeforeName) {
        if (uses.size === maxWatched) uses.clear()
        uses.set(text, count)
        return undefined
      }
      uses.delete(text)
      made += 1
      // n.b. on a session that several connections share, no name ever stands for another text
      const name = `statement_${made}_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
      names.set(text, name)
      return name
    },
    /** Gives the statement another name when it is used again. */
    forget: (text: string): void => void names.delete(text),
  }
}
