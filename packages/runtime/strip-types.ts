import { stripTypeScriptTypes } from 'node:module'

/**
 * A source as browsers run it, without its types. n.b. Node runs our sources by the same function, and says once in each process
 * that it may change.
 */
export const withoutTypes = (text: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}
