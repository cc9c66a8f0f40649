import { formatTable } from '../../table.ts'
import { type SchemaCheckReport, summaryOf } from './check-report.ts'

/** A report as a table for a terminal, with its summary below. */
export const formatReport = (report: SchemaCheckReport): string =>
  [...(report.findings.length === 0 ? [] : [table(report)]), summaryOf(report)].join('\n')

const table = ({ findings }: SchemaCheckReport): string =>
  formatTable(
    ['STATUS', 'CODE', 'PATH', 'MESSAGE', 'OPERATIONS'].map(title => ({ title })),
    findings.map(({ status, code, path, message, operations }) => [
      status,
      code,
      path,
      message,
      operations.join(', '),
    ]),
    Number.POSITIVE_INFINITY,
  )
