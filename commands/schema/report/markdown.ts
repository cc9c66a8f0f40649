import { oneLine } from '../../table.ts'
import { countOf, type PlacedFinding, type SchemaCheckReport } from './check-report.ts'

// n.b. GitHub refuses a comment of more than 65,536 characters
const maxLength = 60_000

/** A report as Markdown for a comment on a pull request, of at most 60,000 characters. */
export const toMarkdown = (report: SchemaCheckReport): string => {
  const of = (status: PlacedFinding['status']) => report.findings.filter(finding => finding.status === status)
  const parts = [
    `### Schema check: ${verdictOf(report)}`,
    `Against ${report.base === undefined ? 'nothing' : code(report.base)}, with ${report.operations} recorded operations.`,
    section('Breaks', of('FAIL')),
    section('To look at', of('WARN')),
    fold(`${of('PASS').length} safe`, section('', of('PASS'))),
  ]
  return withinLimit(parts.filter(part => part !== ''))
}

const verdictOf = (report: SchemaCheckReport): string => {
  const [failed, toLookAt, safe] = [countOf(report, 'FAIL'), countOf(report, 'WARN'), countOf(report, 'PASS')]
  if (failed + toLookAt + safe === 0) return 'passed, nothing changes'
  const counts = [...(failed > 0 ? [`${failed} failed`] : []), `${toLookAt} to look at`, `${safe} safe`]
  return `${failed > 0 ? 'failed' : 'passed'}, ${counts.join(', ')}`
}

const section = (title: string, findings: readonly PlacedFinding[]): string => {
  if (findings.length === 0) return ''
  const rows = findings.map(({ code: rule, path, message, operations, file, line }) =>
    [
      path === '' ? '' : code(path),
      inText(message),
      operations.map(inText).join(', '),
      code(`${file}:${line}`),
      code(rule),
    ].join(' | '),
  )
  const head = ['| what | | used by | where | rule |', '|---|---|---|---|---|']
  return [...(title === '' ? [] : [`#### ${title}`, '']), ...head, ...rows.map(row => `| ${row} |`)].join(
    '\n',
  )
}

const fold = (summary: string, text: string): string =>
  text === '' ? '' : `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`

/** n.b. a text may come from a stranger's branch: no mention, link, image, markup or cell of its own. */
const inText = (text: string): string =>
  oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()|~!]/g, '\\$&')
    .replaceAll(/[@#]/g, '$&\u200B')
    .replaceAll(/\b(https?|www)(?=[:.])/gi, '$&\u200B')

/** A span of code, which shows a text as it is. */
const code = (text: string): string => {
  const shown = oneLine(text).replaceAll('|', '\\|')
  const fence = '`'.repeat(1 + Math.max(0, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length)))
  const gap = /^`|`$/.test(shown) ? ' ' : ''
  return `${fence}${gap}${shown}${gap}${fence}`
}

const withinLimit = (parts: readonly string[]): string => {
  const whole = `${parts.join('\n\n')}\n`
  if (whole.length <= maxLength) return whole
  const lines = parts
    .filter(part => !part.startsWith('<details>'))
    .join('\n\n')
    .split('\n')
  const kept: string[] = []
  let length = 0
  for (const line of lines) {
    length += line.length + 1
    if (length > maxLength) break
    kept.push(line)
  }
  return `${kept.join('\n')}\n\nAnd more: \`npm run schema:check\` tells the rest.\n`
}
