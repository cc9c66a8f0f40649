import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { findRover } from '../../testbed/rover.ts'
import { startTestRegistry } from './registry-under-test.ts'

const rover = await findRover()
const page = readFileSync(new URL('../../docs/registry.md', import.meta.url), 'utf8')

it.runIf(rover !== undefined)('does what docs/registry.md says of three commands to try', async () => {
  const registry = await startTestRegistry(rover, { DEMO_DATA: 'true' })
  onTestFinished(registry.stop)
  const [settings = '', commands = ''] = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
    ([, text]) => text,
  )
  const [, key = ''] = /APOLLO_KEY=(\S+)/.exec(settings) ?? []
  const own = { APOLLO_REGISTRY_URL: `${registry.url}/graphql`, APOLLO_KEY: key }
  const [list, check, publish] = await Promise.all(
    commands
      .trim()
      .split('\n')
      .map(line => rover?.runLine(line, own)),
  )
  expect(list).toEqual({
    status: 0,
    output: expect.stringMatching(/products +┆ http:\/\/127\.0\.0\.1:4002\/graphql/),
  })
  expect(check).toEqual({
    status: 1,
    output: expect.stringMatching(/FIELD_REMOVED .*'inStock'.* \(breaks .*Catalogue/),
  })
  expect(publish).toEqual({ status: 0, output: expect.stringContaining('commerce@staging is at version 1.') })
})
