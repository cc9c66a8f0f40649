import type { Check } from '../database/check-store.ts'
import { textOf } from '../graph-ref.ts'

/** A check as a text for people, the worst first. */
export const describeCheck = ({ subgraph, createdAt, outcome, ...ref }: Check): string => {
  const lines = [
    ...outcome.errors.map(({ code, message }) => `FAIL  ${code}  ${message}`),
    ...[...outcome.findings, ...outcome.custom].map(({ status, code, path, message, operations }) =>
      [status, code, path, message, operations.join(', ')].filter(part => part !== '').join('  '),
    ),
    ...outcome.lint.map(({ level, rule, coordinate, message, subgraph: where, start }) =>
      [level, rule, coordinate, message, `${where}:${start.line}`].join('  '),
    ),
  ]
  const title = `${subgraph} in ${textOf(ref)}, checked ${createdAt.toISOString()} against ${outcome.operationCount} operations`
  return `${[title, '', ...(lines.length === 0 ? ['nothing changes'] : lines)].join('\n')}\n`
}
