import { composeSubgraphs } from '@supergraph/composition/composition.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { startLibrary } from '@supergraph/subgraph/tests/library.ts'
import { describe, expect, it } from 'vitest'
import { findRover, runRoverCommand } from '../../testbed/rover.ts'
import type { ProgramRun } from '../../testbed/run-program.ts'

const rover = await findRover()

const nowhere = 'http://127.0.0.1:1/graphql'
const ended = (status: number, text: string): ProgramRun => ({
  status,
  output: expect.stringContaining(text),
})
const introspect = (args: readonly string[], settings: Readonly<Record<string, string>>) =>
  runRoverCommand('introspect', args, { HOME: '/nowhere', ...settings })

describe.runIf(rover !== undefined)('by the unmodified rover', () => {
  const PATH = rover?.folder ?? ''

  it('reads the schema of a running subgraph', async () => {
    const { url, gatewayKey: GATEWAY_IDENTITY_KEY } = await startLibrary()
    const { status, output } = await introspect(['library', '--url', url], { PATH, GATEWAY_IDENTITY_KEY })
    expect(status).toBe(0)
    expect(composeSubgraphs([{ name: 'library', url, sdl: output }])).toMatchObject({
      kind: 'composed',
      api: expect.stringContaining('type Book implements Readable'),
    })
  })

  it('prints the command that does so', async () => {
    const { url, gatewayKey: GATEWAY_IDENTITY_KEY } = await startLibrary()
    const printed = await introspect(['library', '--url', url, '--print'], { GATEWAY_IDENTITY_KEY })
    expect(printed).toEqual(ended(0, `rover subgraph introspect ${url} --header 'authorization:Bearer `))
    const words = printed.output.trim().match(/'[^']*'|\S+/g) ?? []
    const args = words.slice(1).map(word => word.replaceAll("'", ''))
    expect(await rover?.run(args)).toEqual(ended(0, 'type Query'))
  })

  it('is told in one sentence that it needs a token, and that a token of another key is none', async () => {
    const { url } = await startLibrary()
    const sentence =
      'error: Data was returned, but with errors: This service answers requests with a valid identity token alone; go through the gateway. Run rover by npm run rover:introspect, which signs one.'
    expect(await rover?.run(['subgraph', 'introspect', url, '--skip-update-check'])).toEqual(
      ended(1, sentence),
    )
    const { keys } = await createIdentityKeys(['gateway'])
    const other = { PATH, GATEWAY_IDENTITY_KEY: keys.gateway ?? '' }
    expect(await introspect(['library', '--url', url], other)).toEqual(ended(1, sentence))
  })
})

it('answers anyone else without a token by an error and no data', async () => {
  const { url } = await startLibrary()
  const response = await fetch(url, { method: 'POST', body: '{"query":"{ _service { sdl } }"}' })
  expect(response.status).toBe(401)
  const { errors, ...rest } = Object(await response.json())
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', retryable: false } }])
  expect(rest).toEqual({})
})

describe('without what it takes', () => {
  it('says that the subgraph does not answer', async () => {
    const { keys } = await createIdentityKeys(['gateway'])
    const settings = { GATEWAY_IDENTITY_KEY: keys.gateway ?? '' }
    expect(await introspect(['products', '--url', nowhere], settings)).toEqual(
      ended(1, `products does not answer at ${nowhere}: start it (npm start)`),
    )
  })

  it('says that there is no key', async () => {
    expect(await introspect(['products', '--url', nowhere], { DATA_DIR: '/nowhere' })).toEqual(
      ended(1, 'there is no key of the gateway: npm start makes one in /nowhere'),
    )
  })

  it('says that the key is none', async () => {
    expect(await introspect(['products'], { GATEWAY_IDENTITY_KEY: 'secret' })).toEqual(
      ended(1, 'GATEWAY_IDENTITY_KEY is not usable: put a private key there, made by `npm run keys`\n'),
    )
  })

  it('says that rover is not installed', async () => {
    const { url, gatewayKey: GATEWAY_IDENTITY_KEY } = await startLibrary()
    const found = await introspect(['library', '--url', url], { PATH: '/nowhere', GATEWAY_IDENTITY_KEY })
    expect(found).toEqual(ended(1, 'rover is not in PATH'))
    expect(found.output).toContain(`@apollo/rover-${process.platform}-${process.arch}@0.41.0`)
  })

  it('says which subgraphs there are', async () => {
    expect(await introspect(['product'], {})).toEqual(
      ended(2, 'there is no subgraph product; there are users'),
    )
  })
})
