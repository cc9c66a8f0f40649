import { check } from '@supergraph/composition/check.ts'
import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRover } from '../../testbed/rover.ts'
import { addOperations } from '../database/operation-store.ts'
import { operations, planted, plantedChanges, subgraphs } from './planted-changes.ts'
import { startTestRegistry } from './registry-under-test.ts'

const rover = await findRover()
const base = composeSubgraphs(subgraphs)

describe('npm run schema:check', () => {
  it.each(plantedChanges)('says what it means that $title', async ({
    subgraph,
    from,
    to,
    findings,
    beside,
    error,
  }) => {
    const sdl = planted(subgraph, from, to)
    const changed = subgraphs.map(each => (each.name === subgraph ? { ...each, sdl } : each))
    const next = { subgraphs: changed, composition: composeSubgraphs(changed), operations }
    const report = await check(next, { subgraphs, composition: base, operations: [] })
    const told = report.changes
      .filter(({ status }) => status !== 'PASS')
      .map(({ status, code, path, operations: named }) => ({ status, code, path, operations: named }))
    const expected =
      error === undefined ? findings : [{ status: 'FAIL', code: error, path: 'rover.yaml', operations: [] }]
    expect(told).toHaveLength(expected.length)
    expect(told).toEqual(expect.arrayContaining([...expected]))
    const lint = report.lint.filter(({ rule }) => rule !== 'ALL_ELEMENTS_REQUIRE_DESCRIPTION')
    expect([
      ...report.blastRadius.map(({ status, code, operations: [named] }) => [status, code, named]),
      ...lint.map(({ level, rule, coordinate }) => [level === 'ERROR' ? 'FAIL' : 'WARN', rule, coordinate]),
    ]).toEqual(beside)
  })
})

describe.runIf(rover !== undefined)('rover subgraph check', () => {
  let registry: Awaited<ReturnType<typeof startTestRegistry>>

  beforeAll(async () => {
    registry = await startTestRegistry(rover)
    for (const { name, url, sdl } of subgraphs) {
      const file = registry.write(`${name}.graphql`, sdl)
      await registry.rover([
        'subgraph',
        'publish',
        'shop',
        '--name',
        name,
        '--schema',
        file,
        '--routing-url',
        url,
      ])
    }
    const recorded = operations.map(({ file, text }) => ({ id: file, name: file, body: text }))
    await addOperations(registry.database, 'shop', recorded)
  })
  afterAll(() => registry.stop())

  it.each(plantedChanges)('says what it means that $title', async ({
    subgraph,
    from,
    to,
    findings,
    beside,
    error,
  }) => {
    const file = registry.write('planted.graphql', planted(subgraph, from, to))
    const { status, output } = await registry.rover([
      ...['subgraph', 'check', 'shop@current', '--name', subgraph, '--schema', file],
    ])
    const breaks = [...findings.map(finding => finding.status), ...beside.map(([word]) => word)].includes(
      'FAIL',
    )
    expect({ output, status }).toMatchObject({ status: breaks || error !== undefined ? 1 : 0 })
    if (error !== undefined) return expect(output).toMatch(new RegExp(`error\\[E029\\][^]*${error}: `))
    if (breaks) expect(output).toContain('error[E043]')
    for (const { status: told, code, operations: named } of findings) {
      const [word, verb] = told === 'FAIL' ? ['FAIL', 'breaks'] : ['PASS', 'touches']
      const names = named.length > 0 ? ` \\(${verb} ${named.join(', ')}\\)` : ''
      expect(output).toMatch(new RegExp(`${word} +┆ ${code} +┆.*${names}`))
    }
    for (const [told, code, named] of beside) {
      const level = told === 'FAIL' ? 'ERROR' : 'WARNING'
      // n.b. of a check of our own rover prints the rule, and of lint the place
      expect(output).toMatch(new RegExp(`${level} +┆ (${code} +┆ +┆ ${named}: |${named} +┆ \\d+ +┆)`))
    }
  })
})
