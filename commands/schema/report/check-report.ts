import type { Finding } from '@supergraph/composition/finding.ts'

/** A finding, and where somebody would begin to mend it. */
export type PlacedFinding = Finding & {
  /** A path from the project's folder, with slashes. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

/** All that a schema check has to say. */
export type SchemaCheckReport = {
  /** For people: `main (1a2b3c4)`; undefined if there is nothing to compare with. */
  readonly base: string | undefined
  /** How many operations are recorded. */
  readonly operations: number
  readonly findings: readonly PlacedFinding[]
}

/** How many findings have a status. */
export const countOf = ({ findings }: SchemaCheckReport, status: Finding['status']): number =>
  findings.filter(finding => finding.status === status).length

/** What came of a check, in one line. */
export const summaryOf = (report: SchemaCheckReport): string =>
  [
    `schema:check against ${report.base ?? 'nothing'}: ${countOf(report, 'FAIL')} failed`,
    `${countOf(report, 'WARN')} to look at`,
    `${countOf(report, 'PASS')} safe`,
    `${report.operations} recorded operations`,
  ].join(', ')
