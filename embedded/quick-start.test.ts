import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { quickStart, runProgram } from '../testbed/run-program.ts'

const index = join(import.meta.dirname, '../node_modules/.cache/bundle/index.json')

const run = async (code: string, preloads: readonly string[] = quickStart): Promise<unknown> => {
  const args = [...preloads, '--input-type=module', '--eval', code]
  const { status, output } = await runProgram(process.execPath, args, {})
  if (status !== 0) throw new Error(output)
  return JSON.parse(output)
}

it('takes packages from the bundle of the installation, which exports what they do', async () => {
  const code = `
    import bundled from ${JSON.stringify(index)} with { type: 'json' }
    const exportsOf = async ({ specifier }) => [
      specifier,
      import.meta.resolve(specifier).includes('/bundle/'),
      Object.entries(await import(specifier)).map(([name, value]) => name + ': ' + typeof value),
    ]
    console.log(JSON.stringify(await Promise.all(bundled.map(exportsOf))))`
  const shape = z.array(z.tuple([z.string(), z.boolean(), z.array(z.string())]))
  const bundled = shape.parse(await run(code))
  const loose = shape.parse(await run(code, []))
  expect(bundled.map(([specifier]) => specifier)).toContain('typeorm')
  expect(bundled.every(([, isBundled]) => isBundled)).toBe(true)
  expect(loose.some(([, isBundled]) => isBundled)).toBe(false)
  expect(bundled.map(([specifier, , exported]) => [specifier, exported])).toEqual(
    loose.map(([specifier, , exported]) => [specifier, exported]),
  )
})

it('loads graphql once, whether it is imported or required, and gives to require what it expects', async () => {
  const code = `
    import { createRequire } from 'node:module'
    import { buildSubgraphSchema } from '@apollo/subgraph'
    import { GraphQLSchema, parse } from 'graphql'
    const require = createRequire(${JSON.stringify(import.meta.filename)})
    const schema = buildSubgraphSchema({ typeDefs: parse('type Query { one: Int }') })
    console.log(JSON.stringify([
      schema instanceof GraphQLSchema,
      require('graphql').GraphQLSchema === GraphQLSchema,
      typeof require('ws'),
    ]))`
  expect(await run(code)).toEqual([true, true, 'function'])
})

it('leaves hashing to Node in what is bundled', () => {
  const bundle = dirname(index)
  const texts = readdirSync(bundle).map(file => readFileSync(join(bundle, file), 'utf8'))
  expect(texts.some(text => text.includes('node_modules/@apollo/utils.createhash/'))).toBe(true)
  expect(texts.filter(text => text.includes('node_modules/sha.js/'))).toEqual([])
})
