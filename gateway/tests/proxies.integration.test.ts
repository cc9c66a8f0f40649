import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient as createEventClient } from 'graphql-sse'
import { decodeJwt } from 'jose'
import { Agent, request } from 'undici'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { freePorts } from '../../testbed/ports.ts'
import { startProcess } from '../../testbed/processes.ts'
import { clientsOf, startGatewayUnderTest } from './gateway-under-test.ts'

const root = join(import.meta.dirname, '../..')
const page = await readFile(join(root, 'docs/front-end.md'), 'utf8')
const nobody = 65_534
// n.b. Linux has the whole network 127.0.0.0/8 as addresses of its own, other systems only the first
const clientAddress = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
const nginx = ['/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'].find(existsSync)
const isRequired = process.env.CI === 'true'
if (nginx === undefined && !isRequired)
  console.warn('Skipped: nginx is not installed, so its recipe in docs/front-end.md goes untested.')

/** The block of the page that holds `text`, for a gateway at another address. */
const recipe = (text: string, gatewayOrigin: string): string => {
  const blocks = [...page.matchAll(/```\w+\n(.*?)```/gs)].map(([, block = '']) => block)
  const [found, ...others] = blocks.filter(block => block.includes(text))
  expect(found).toContain('127.0.0.1:4000')
  expect(others).toEqual([])
  return (found ?? '').replace('127.0.0.1:4000', new URL(gatewayOrigin).host)
}

const createDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'supergraph-proxy-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const startVite = async (gatewayOrigin: string): Promise<string> => {
  const [port = 0] = await freePorts(1)
  const directory = await createDirectory()
  await writeFile(join(directory, 'vite.config.ts'), recipe('proxy: {', gatewayOrigin))
  const program = join(root, 'node_modules/vite/bin/vite.js')
  const vite = startProcess([program, directory, '--host', '127.0.0.1', '--port', String(port)], {})
  onTestFinished(async () => void (await vite.end('SIGTERM')))
  await vite.waitFor(/Local:/)
  return `http://127.0.0.1:${port}`
}

const startNginx = async (gatewayOrigin: string): Promise<string> => {
  if (nginx === undefined) throw new Error('nginx is not installed: install nginx; in CI its test must run.')
  const [port = 0] = await freePorts(1)
  const directory = await createDirectory()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${join(directory, name)};`,
  )
  const servers = recipe('upstream gateway', gatewayOrigin).replace('listen 80;', `listen 127.0.0.1:${port};`)
  await writeFile(
    join(directory, 'nginx.conf'),
    `daemon off; master_process off; pid ${join(directory, 'pid')}; error_log stderr;
    events {}
    http { access_log off; ${temporary.join(' ')} ${servers} }`,
  )
  const isRoot = process.getuid?.() === 0
  if (isRoot) await chown(directory, nobody, nobody)
  const child = spawn(nginx, ['-e', 'stderr', '-c', join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    ...(isRoot && { uid: nobody, gid: nobody }),
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    process.off('exit', end)
    end()
    await exited
  })
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/`))
  return `http://127.0.0.1:${port}`
}

class DistantWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, { localAddress: clientAddress })
  }
}

const recipes = [
  ['Vite', startVite, true],
  ['nginx', startNginx, nginx !== undefined || isRequired],
] as const

for (const [name, startProxy, isThere] of recipes)
  it.skipIf(!isThere)(`reaches the API through ${name} as the front-end page configures it`, async () => {
    const { origin, tokens, feed, users } = await startGatewayUnderTest({ TRUST_PROXY_HOPS: '1' })
    const proxy = await startProxy(origin)
    const { post, socketClient, rawSocket } = clientsOf(proxy)
    const authorization = `Bearer ${await tokens.customer('ada')}`

    expect((await post('{ product(id: "7") { name } }')).body).toEqual({
      data: { product: { name: 'Product 7' } },
    })
    const rename =
      'mutation ($name: String!) { renameProduct(id: "7", name: $name) { name timesOrdered whoAsksOrders } }'
    const name = 'x'.repeat(200_000)
    expect((await post(rename, { authorization }, { name })).body.data).toEqual({
      renameProduct: { name, timesOrdered: 70, whoAsksOrders: expect.stringMatching(/^user ada/) },
    })

    const next = vi.fn()
    const sink = { next, error: () => {}, complete: () => {} }
    const query = 'subscription { priceChanged(productId: "7") { amountMinor whoAsks } }'
    socketClient({ authorization }).subscribe({ query }, sink)
    await vi.waitFor(() => expect(feed.listeners('7')).toBe(1))
    feed.publish('7', 1250)
    const change = { amountMinor: 1250, whoAsks: expect.stringMatching(/^user ada/) }
    await vi.waitFor(() => expect(next).toHaveBeenCalledWith({ data: { priceChanged: change } }))

    const streamed = vi.fn()
    const events = createEventClient({
      url: `${proxy}/graphql`,
      headers: { authorization },
      retryAttempts: 0,
    })
    onTestFinished(() => events.dispose())
    events.subscribe({ query: `${query} # as events` }, { ...sink, next: streamed })
    await vi.waitFor(() => expect(feed.listeners('7')).toBe(2))
    feed.publish('7', 1250)
    await vi.waitFor(() => expect(streamed).toHaveBeenCalledWith({ data: { priceChanged: change } }))

    const ofThePage = await rawSocket({ origin: proxy })
    ofThePage.send({ type: 'connection_init' })
    await vi.waitFor(() => expect(ofThePage.messages).toEqual([{ type: 'connection_ack' }]))
    const ofAnother = await rawSocket({ origin: 'https://evil.example.com' })
    expect((await ofAnother.closed).code).toBe(4403)

    const dispatcher = new Agent({ localAddress: clientAddress })
    onTestFinished(() => dispatcher.close())
    const body = JSON.stringify({ query: '{ whoAsksUsers }' })
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.1' }
    await (await request(`${proxy}/graphql`, { method: 'POST', headers, body, dispatcher })).body.dump()
    const distant = vi.fn()
    socketClient({}, DistantWebSocket).subscribe({ query: '{ whoAsksUsers }' }, { ...sink, next: distant })
    await vi.waitFor(() => expect(distant).toHaveBeenCalled())
    const addresses = users.received.map(
      ({ headers: { authorization = '' } }) => decodeJwt(authorization.replace('Bearer ', '')).address,
    )
    expect(addresses).toEqual([clientAddress, clientAddress])
  })
