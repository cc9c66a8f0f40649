import { expect, it, vi } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const listed = 'https://shop.example.com'
const app = 'capacitor://localhost'
const CORS_ORIGINS = `${listed},${app}`

/** Which pages may use the API, in development and in production. */
const pages: readonly (readonly [origin: string, inDevelopment: boolean, inProduction: boolean])[] = [
  [listed, true, true],
  [app, true, true],
  ['http://localhost:5173', true, false],
  ['http://localhost', true, false],
  ['https://localhost:3000', true, false],
  ['http://127.0.0.1:8080', true, false],
  ['http://[::1]:5173', true, false],
  ['http://shop.localhost:5173', true, false],
  ['http://shop.example.com', false, false],
  ['https://shop.example.com:8443', false, false],
  ['https://shop.example.com.evil.example', false, false],
  ['https://evil.example', false, false],
  ['http://localhost.evil.example', false, false],
  ['http://127.0.0.1.evil.example', false, false],
  ['http://192.168.1.5:5173', false, false],
  ['ftp://localhost', false, false],
  ['null', false, false],
  ['x', false, false],
]

it.each([
  'development',
  'production',
])('lets the right pages in, in %s, over HTTP and WebSocket', async NODE_ENV => {
  const { origin, rawSocket } = await startGatewayUnderTest({ CORS_ORIGINS, NODE_ENV })
  for (const [page, inDevelopment, inProduction] of pages) {
    const isAllowed = NODE_ENV === 'development' ? inDevelopment : inProduction
    const allowed = { origin: isAllowed ? page : null, credentials: isAllowed ? 'true' : null }

    const preflight = await fetch(`${origin}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect([page, preflight.status, corsOf(preflight)]).toEqual([page, isAllowed ? 204 : 403, allowed])
    if (isAllowed) {
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
      expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST')
      expect(Number(preflight.headers.get('access-control-max-age'))).toBeGreaterThan(60)
    } else expect(await preflight.text()).toContain('add the origin to CORS_ORIGINS')

    const answer = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { origin: page, 'content-type': 'application/json', authorization: 'Bearer x' },
      body: '{"query":"{ products { id } }"}',
    })
    expect([page, answer.status, corsOf(answer)]).toEqual([page, 401, allowed])
    expect(answer.headers.get('vary')).toContain('Origin')
    const readable = answer.headers.get('access-control-expose-headers')
    expect(readable).toBe(isAllowed ? 'retry-after, www-authenticate' : null)

    const socket = await rawSocket({ origin: page })
    socket.send({ type: 'connection_init' })
    if (isAllowed) await vi.waitFor(() => expect(socket.messages).toEqual([{ type: 'connection_ack' }]))
    else expect([page, await socket.closed]).toEqual([page, { code: 4403, reason: 'Origin not allowed' }])
  }
})

it('says by Vary that an answer depends on the page even if no page asked', async () => {
  const { post } = await startGatewayUnderTest({ NODE_ENV: 'production' })
  const { headers } = await post('{ products { id } }')
  expect(headers.get('vary')).toContain('Origin')
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

const corsOf = ({ headers }: Response) => ({
  origin: headers.get('access-control-allow-origin'),
  credentials: headers.get('access-control-allow-credentials'),
})
