import { type LintFinding, lintSchema } from '@supergraph/composition/lint.ts'
import { getLocation, Source } from 'graphql'

const maxDiagnostics = 500

/** A LintResult of the API: what is wrong with a schema, without what was wrong before; throws a GraphQLError if one is none. */
export const lint = ({ sdl, baseSdl }: { readonly sdl: string; readonly baseSdl: string | undefined }) => {
  const known = new Set(baseSdl === undefined ? [] : lintSchema(baseSdl).map(nameOf))
  const found = lintSchema(sdl).filter(finding => !known.has(nameOf(finding)))
  const count = (level: LintFinding['level']) => found.filter(finding => finding.level === level).length
  const source = new Source(sdl)
  return {
    diagnostics: found.slice(0, maxDiagnostics).map(({ start, end, ...finding }) => ({
      ...finding,
      sourceLocations: [{ start: positionOf(source, start), end: positionOf(source, end) }],
    })),
    stats: { errorsCount: count('ERROR'), warningsCount: count('WARNING') },
  }
}

const nameOf = ({ rule, coordinate }: LintFinding): string => `${rule} ${coordinate}`

const positionOf = (source: Source, offset: number) => ({
  ...getLocation(source, offset),
  byteOffset: Buffer.byteLength(source.body.slice(0, offset)),
})
