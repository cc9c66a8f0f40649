import { createPositions, lintAdded } from '@supergraph/composition/lint-changes.ts'
import type { LintFinding } from '@supergraph/composition/lint-finding.ts'

const maxDiagnostics = 500

/** A LintResult of the API: what is wrong with a schema, without what was wrong before; throws a GraphQLError if one is none. */
export const lint = ({ sdl, baseSdl }: { readonly sdl: string; readonly baseSdl: string | undefined }) => {
  const found = lintAdded(sdl, baseSdl)
  const count = (level: LintFinding['level']) => found.filter(finding => finding.level === level).length
  const positionOf = createPositions(sdl)
  return {
    diagnostics: found.slice(0, maxDiagnostics).map(({ start, end, ...finding }) => ({
      ...finding,
      sourceLocations: [{ start: positionOf(start), end: positionOf(end) }],
    })),
    stats: { errorsCount: count('ERROR'), warningsCount: count('WARNING') },
  }
}
