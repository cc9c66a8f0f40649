import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { checkGraph } from '@supergraph/composition/graph-check.ts'
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
    error,
  }) => {
    const sdl = planted(subgraph, from, to)
    const composition = composeSubgraphs(
      subgraphs.map(each => (each.name === subgraph ? { ...each, sdl } : each)),
    )
    const found = await checkGraph({ composition, operations }, { composition: base, operations: [] })
    const told = found
      .filter(({ status }) => status !== 'PASS')
      .map(({ status, code, path, operations: named }) => ({ status, code, path, operations: named }))
    const expected =
      error === undefined ? findings : [{ status: 'FAIL', code: error, path: 'rover.yaml', operations: [] }]
    expect(told).toHaveLength(expected.length)
    expect(told).toEqual(expect.arrayContaining([...expected]))
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
    error,
  }) => {
    const file = registry.write('planted.graphql', planted(subgraph, from, to))
    const { status, output } = await registry.rover([
      ...['subgraph', 'check', 'shop@current', '--name', subgraph, '--schema', file],
    ])
    const breaks = findings.some(finding => finding.status === 'FAIL')
    expect({ output, status }).toMatchObject({ status: breaks || error !== undefined ? 1 : 0 })
    if (error !== undefined) return expect(output).toMatch(new RegExp(`error\\[E029\\][^]*${error}: `))
    if (breaks) expect(output).toContain('error[E043]')
    for (const { status: told, code, operations: named } of findings) {
      const [word, verb] = told === 'FAIL' ? ['FAIL', 'breaks'] : ['PASS', 'touches']
      const names = named.length > 0 ? ` \\(${verb} ${named.join(', ')}\\)` : ''
      expect(output).toMatch(new RegExp(`${word} +┆ ${code} +┆.*${names}`))
    }
  })
})
