import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const page = read('docs/operations.md')
const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(z.object({ alert: z.string(), labels: z.object({ severity: z.string() }) })),
      }),
    ),
  })
  .parse(parse(read('deploy/observability/alerts.yml')))
  .groups.flatMap(group => group.rules)

/** The first cell of each row of the table of alerts. */
const rows = page
  .split('\n## ')
  .find(section => section.startsWith('When an alert fires'))
  ?.match(/^\| (☎ )?`.+?\|/gm)

it('says of each alert what to do, and which ones wake somebody', () => {
  const told = (rows ?? []).flatMap(cell =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, alert]) => ({ alert, wakes: cell.includes('☎') })),
  )
  const expected = rules.map(({ alert, labels }) => ({ alert, wakes: labels.severity === 'page' }))
  const inOrder = (alerts: readonly { readonly alert?: string | undefined }[]) =>
    alerts.toSorted((one, other) => String(one.alert).localeCompare(String(other.alert)))
  expect(inOrder(told)).toEqual(inOrder(expected))
})

it('names scripts, scenarios, metrics, fields and findings that there are', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')))
  const kinds: readonly [kind: string, names: RegExp, places: readonly string[]][] = [
    ['metric', /`(supergraph_\w+)`/g, ['docs/observability.md']],
    ['finding', /`([a-z]+(?:-[a-z]+)+)`/g, ['ledger/violations.ts']],
    ['field', /`(?:Query\.)?((?:retry|cancel|refund|adjust|orders)[A-Z]\w+)`/g, ['schema/api.graphql']],
    [
      'setting',
      /`([A-Z]+(?:_[A-Z]+)+)`/g,
      ['docs/running.md', 'deploy/README.md', 'docs/observability.md', 'gateway/errors.ts'],
    ],
    ['scenario', /--only ([a-z-]+)`/g, globSync('faults/*/*.ts', { cwd: root })],
  ]
  const missing = kinds.flatMap(([kind, names, places]) => {
    const texts = places.map(read).join('\n')
    return [...page.matchAll(names)].flatMap(([, name = '']) =>
      texts.includes(name) ? [] : [`${kind} ${name}`],
    )
  })
  const commands = [...page.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].flatMap(([, name = '']) =>
    name in scripts ? [] : [`script ${name}`],
  )
  expect([...missing, ...commands]).toEqual([])
})
