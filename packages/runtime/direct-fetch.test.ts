import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { directFetch } from './direct-fetch.ts'

it('takes no proxy, whatever the environment says', async () => {
  const server = createServer((_request, response) => void response.end('direct'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
  const program = `
    const { directFetch } = await import(${JSON.stringify(import.meta.resolve('./direct-fetch.ts'))})
    const asked = fetch('${url}').then(response => response.text(), () => 'proxy refused')
    console.log(await asked, '|', await (await directFetch('${url}')).text())`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    // n.b. nothing listens on port 1
    env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' },
  })
  server.close()
  expect(stdout.trim()).toBe('proxy refused | direct')
})

it.each([
  ['with a length', { 'content-length': '2000' }],
  ['in chunks', {}],
])('refuses an answer that is larger than what is wanted, %s', async (_title, headers) => {
  const server = createServer((_request, response) => response.writeHead(200, headers).end('x'.repeat(2_000)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
  await expect(directFetch(url, {}, 1_999)).rejects.toThrow(/127\.0\.0\.1:\d+ has more than 1999 bytes/)
  expect(await (await directFetch(url, {}, 2_000)).text()).toHaveLength(2_000)
})
