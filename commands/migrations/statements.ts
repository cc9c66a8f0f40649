/** A statement of SQL: in lower case, without comments, with one blank between words and `''` for each text. */
export type Statement = {
  readonly sql: string
  /** Whether a comment right before it or in it, `contracts: ` and why, says that no release needs what it takes away. */
  readonly contracts: boolean
}

// n.b. a template may hold expressions, and these may hold templates without expressions
const expression = String.raw`\$\{(?:[^{}\x60]|\x60[^\x60]*\x60)*\}`
const sourceToken = new RegExp(
  String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/|\x60(?:\\[\s\S]|${expression}|[^\\\x60])*\x60|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`,
  'g',
)
const sqlToken =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[^-/'"$;]+|[\s\S]/g
const declaration = /^(?:\/\/|--) contracts: \S/

/** The statements in the texts of a source in TypeScript, of which those that are no SQL do no harm. */
export const statementsIn = (source: string): readonly Statement[] => {
  const found: Statement[] = []
  let contracts = false
  for (const [token] of source.matchAll(sourceToken)) {
    if (token.startsWith('/')) contracts ||= declaration.test(token)
    else {
      found.push(...statementsOf(textOf(token), contracts))
      contracts = false
    }
  }
  return found
}

const textOf = (literal: string): string =>
  literal.slice(1, -1).replace(new RegExp(expression, 'g'), 'x').replace(/\\n/g, '\n').replace(/\\(.)/g, '$1')

const statementsOf = (text: string, contractsFirst: boolean): readonly Statement[] => {
  const found: Statement[] = []
  let sql = ''
  let contracts = contractsFirst
  const end = (): void => {
    const trimmed = sql.trim().replace(/\s+/g, ' ').toLowerCase()
    if (trimmed === '') return
    found.push({ sql: trimmed, contracts })
    sql = ''
    contracts = false
  }
  for (const [token] of text.matchAll(sqlToken)) {
    if (token === ';') end()
    else if (token.startsWith('--') || token.startsWith('/*')) contracts ||= declaration.test(token)
    else if (token.startsWith("'") || /^\$\w*\$/.test(token)) sql += "''"
    // n.b. a name in quotes becomes one word, since the patterns for names know no blanks
    else if (token.startsWith('"')) sql += token.slice(1, -1).replace(/\W/g, '_')
    else sql += token
  }
  end()
  return found
}
