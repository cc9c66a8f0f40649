import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

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
