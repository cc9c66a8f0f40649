import { countOf, type SchemaCheckReport } from './check-report.ts'

/** A report as JSON for programs. */
export const toJson = (report: SchemaCheckReport): string =>
  JSON.stringify(
    {
      base: report.base ?? null,
      operations: report.operations,
      failed: countOf(report, 'FAIL'),
      toLookAt: countOf(report, 'WARN'),
      safe: countOf(report, 'PASS'),
      findings: report.findings,
    },
    undefined,
    2,
  )
