import { link, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { startProcess } from '../../testbed/processes.ts'
import {
  emptyShop,
  type ShopRequest,
  type ShopResponse,
  sessionOf,
  startStandInShop,
} from './stand-in-shop.fixture.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supergraph-import-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const startShop = async (
  respond: (request: ShopRequest) => ShopResponse | Promise<ShopResponse> = emptyShop,
) => {
  const shop = await startStandInShop(respond)
  onTestFinished(() => shop.stop())
  return shop
}

const write = async (name: string, content: string): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

const startImport = (file: string, url: string, ...more: readonly string[]) =>
  startProcess(['commands/retail/import.ts', 'products', file, '--url', url, ...more], {})

const run = async (...args: Parameters<typeof startImport>) => {
  const command = startImport(...args)
  return { code: await command.exited, output: command.output() }
}

const catalogue = 'sku,name,price,currency\nA,Mug,1.50,EUR\nB,Bowl,cheap,EUR\nC,"Jug,2,EUR\nD,Jar,3,GBP\n'

it('lists each refused line with its number and reason as it was, and takes the list again once it is mended', async () => {
  const { url } = await startShop()
  const file = await write('catalogue.csv', catalogue)
  const first = await run(file, url)
  expect(first).toMatchObject({ code: 0, output: expect.stringMatching(/created +2\n/) })
  const list = join(folder, 'catalogue.rejects.csv')
  expect(first.output).toContain(`2 lines are listed with the reason in ${list}\n`)
  const listed = await readFile(list, 'utf8')
  expect(listed).toBe(
    '\ufeffline,reason,sku,name,price,currency\n' +
      '4,bad quote: A quote is opened and not closed.,C,"Jug,2,EUR\n' +
      '3,unusable price: “cheap” is no number.,B,Bowl,cheap,EUR\n',
  )
  expect(await readFile(file, 'utf8')).toBe(catalogue)

  await writeFile(list, listed.replace('"Jug', 'Jug').replace(',cheap,', ',"2,50",'))
  const { output } = await run(list, url)
  expect(output).toMatch(/created +2\n/)
  expect(output).not.toContain('are listed')
  await expect(readFile(join(folder, 'catalogue.rejects.rejects.csv'))).rejects.toThrow('ENOENT')
})

it('removes the list of an earlier run once nothing is refused', async () => {
  const { url } = await startShop()
  const file = await write('catalogue.csv', catalogue)
  await run(file, url)
  await write('catalogue.csv', 'sku,name,price,currency\nA,Mug,1.50,EUR\n')
  await run(file, url)
  await expect(readFile(join(folder, 'catalogue.rejects.csv'))).rejects.toThrow('ENOENT')
})

it('never writes the list over the input or over another file', async () => {
  const { url, requests } = await startShop()
  const file = await write('catalogue.csv', catalogue)
  const linked = join(folder, 'linked.csv')
  const same = join(folder, 'same.csv')
  await symlink(file, linked)
  await link(file, same)
  const other = await write('other.csv', 'precious\n')
  for (const [path, problem] of [
    [file, 'is the input'],
    [linked, 'is the input'],
    [same, 'is the input'],
    [other, 'exists, and is no list of refused lines'],
    [folder, 'is no file'],
    [join(folder, 'missing', 'list.csv'), "can't be written"],
  ]) {
    const { code, output } = await run(file, url, '--rejects', String(path))
    expect([code, output]).toEqual([1, expect.stringContaining(`${path} ${problem}`)])
    expect(output).toMatch(/name another/)
    expect(output).not.toMatch(/^ +at /m)
  }
  expect(await readFile(file, 'utf8')).toBe(catalogue)
  expect(await readFile(other, 'utf8')).toBe('precious\n')
  expect(requests.filter(({ operation }) => operation === 'ImportProducts')).toEqual([])
})

it('keeps what was listed before kill -9', async () => {
  const { url, requests } = await startShop(request =>
    request.operation === 'ImportProducts' ? new Promise(() => {}) : emptyShop(request),
  )
  const file = await write('catalogue.csv', catalogue)
  const list = join(folder, 'list.csv')
  const command = startImport(file, url, '--rejects', list)
  await vi.waitFor(
    () => expect(requests.map(({ operation }) => operation)).toContain('ImportProducts'),
    20_000,
  )
  await command.end('SIGKILL')
  expect((await readFile(list, 'utf8')).split('\n')).toHaveLength(4)
})

it('refuses a known sku at a price in another currency, and writes nothing for it', async () => {
  const { url, requests } = await startShop(request =>
    request.operation === 'FindProducts'
      ? {
          data: {
            product0: {
              id: '1',
              name: 'Mug',
              price: { amountMinor: 100, currency: 'HUF' },
              archivedAt: null,
            },
          },
        }
      : emptyShop(request),
  )
  const file = await write('catalogue.csv', 'sku,name,price,currency\nA,Mug,1.50,EUR\nB,Bowl,2,EUR\n')
  const { output } = await run(file, url)
  expect(output).toMatch(/created +1\n/)
  expect(output).toMatch(/other currency +1\n/)
  const writes = requests.filter(({ operation }) => operation === 'ImportProducts')
  expect(writes.map(({ variables }) => variables)).toEqual([
    { input0: expect.objectContaining({ sku: 'B' }) },
  ])
  expect(await readFile(join(folder, 'catalogue.rejects.csv'), 'utf8')).toContain(
    '2,"other currency: The shop has this sku at a price in HUF, and a product keeps its currency: give the price in HUF, or a new sku for EUR.",A,Mug,1.50,EUR\n',
  )
})

it('refuses a product that the shop has archived, which it can show no more', async () => {
  const archivedAt = '2026-03-01T00:00:00.000Z'
  const { url, requests } = await startShop(request => {
    if (request.operation !== 'FindProducts') return emptyShop(request)
    const [mug, bowl] = ['Mug', 'Old bowl'].map(name => ({
      ...{ id: name, name, archivedAt },
      price: { amountMinor: 150, currency: 'EUR' },
    }))
    return { data: { product0: mug, product1: bowl } }
  })
  const file = await write('c.csv', 'sku,name,price,currency\nA,Mug,1.50,EUR\nB,Bowl,1.50,EUR\n')
  const { output } = await run(file, url)
  expect(output).toMatch(/archived +2\n/)
  expect(output).not.toMatch(/unchanged|updated/)
  expect(requests.map(({ operation }) => operation)).not.toContain('ImportProducts')
  expect(await readFile(join(folder, 'c.rejects.csv'), 'utf8')).toContain(
    '2,"archived: The shop has archived',
  )
})

it('lists what the shop refuses in its words, each product by itself if it refuses the request', async () => {
  const { url } = await startShop(request => {
    if (request.operation !== 'ImportProducts') return emptyShop(request)
    if (JSON.stringify(request.variables).includes('Bowl')) {
      return { errors: [{ message: 'The value is too large.', extensions: { code: 'BAD_USER_INPUT' } }] }
    }
    return JSON.stringify(request.variables).includes('Jug')
      ? { data: { product0: { __typename: 'InvalidInput', field: 'name', message: 'No jugs.' } } }
      : emptyShop(request)
  })
  const file = await write('c.csv', 'sku,name,price,currency\nA,Mug,1,EUR\nB,Bowl,2,EUR\nC,Jug,3,EUR\n')
  const { output } = await run(file, url)
  expect(output).toMatch(/created +1\n/)
  expect((await readFile(join(folder, 'c.rejects.csv'), 'utf8')).split('\n').slice(1)).toEqual([
    '3,unusable value: BAD_USER_INPUT: The value is too large.,B,Bowl,2,EUR',
    '4,unusable name: No jugs.,C,Jug,3,EUR',
    '',
  ])
})

const manyProducts = [
  'sku,name,price,currency',
  ...Array.from({ length: 60 }, (_, index) => `S${index},Mug ${index},1,EUR`),
].join('\n')

it('renews its session before the access token ends, and once the shop refuses it', async () => {
  let writes = 0
  const { url, requests } = await startShop(async request => {
    if (request.operation === 'Login') return sessionOf('first', 64_000)
    if (request.operation === 'RefreshSession') {
      return sessionOf(request.variables.input === undefined ? '' : `next ${writes}`)
    }
    if (request.operation !== 'ImportProducts') return emptyShop(request)
    writes += 1
    // n.b. the first session is renewed in the last minute of its token: 4 s from now
    if (writes === 1) await new Promise(resolve => setTimeout(resolve, 5_000))
    return writes === 2
      ? { errors: [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }] }
      : emptyShop(request)
  })
  const { code, output } = await run(await write('many.csv', manyProducts), url)
  expect([code, output]).toEqual([0, expect.stringMatching(/created +60\n/)])
  const signed = requests.filter(({ operation }) => operation !== 'FindProducts')
  expect(signed.map(({ operation, token, variables: { input } }) => [operation, token ?? input])).toEqual([
    ['Login', expect.anything()],
    ['ImportProducts', 'Bearer first'],
    ['RefreshSession', { refreshToken: 'refresh first' }],
    ['ImportProducts', 'Bearer next 1'],
    ['RefreshSession', { refreshToken: 'refresh next 1' }],
    ['ImportProducts', 'Bearer next 2'],
    ['ImportProducts', 'Bearer next 2'],
  ])
})

const tooMany = (retryAfterSeconds: number): ShopResponse => ({
  data: {
    outcome: {
      __typename: 'TooManyAttempts',
      message: 'There were too many wrong passwords.',
      retryAfterSeconds,
    },
  },
})

it('waits if the shop asks for a short pause before the sign-in, and says so', async () => {
  let logins = 0
  const { url } = await startShop(request => {
    if (request.operation !== 'Login') return emptyShop(request)
    logins += 1
    return logins === 1 ? tooMany(2) : emptyShop(request)
  })
  const { code, output } = await run(await write('c.csv', catalogue), url)
  expect(code).toBe(0)
  expect(output).toContain('There were too many wrong passwords. Waiting for 2 seconds.\n')
})

const failure = (__typename: string, message: string): ShopResponse => ({
  data: { outcome: { __typename, message } },
})

it.each([
  [tooMany(900), 'There were too many wrong passwords. The shop asks for 900 seconds.'],
  [
    failure('InvalidCredentials', 'The e-mail address or the password is wrong.'),
    'The e-mail address or the password is wrong.',
  ],
  [failure('AccountClosed', 'This account is closed.'), 'This account is closed.'],
])('says in the words of the shop why it refuses the sign-in', async (refusal, words) => {
  const { url } = await startShop(request => (request.operation === 'Login' ? refusal : emptyShop(request)))
  const { code, output } = await run(await write('c.csv', catalogue), url)
  expect(code).toBe(1)
  expect(output).toContain(`staff@example.com can't sign in: ${words}\n`)
  expect(output).not.toMatch(/^ +at |ZodError/m)
})

it.each([
  [
    { data: { outcome: null } },
    'answers something unknown in outcome: it runs another version than this command',
  ],
  [
    { errors: [{ message: 'The service is full.', extensions: { code: 'FULL' } }] },
    'FULL: The service is full.',
  ],
])('says what an answer is about that it does not know', async (answer, words) => {
  const { url } = await startShop(request => (request.operation === 'Login' ? answer : emptyShop(request)))
  const { code, output } = await run(await write('c.csv', catalogue), url)
  expect([code, output]).toEqual([1, expect.stringContaining(words)])
  expect(output).not.toMatch(/^ +at |ZodError/m)
})

it('says what was done and what to do if the connection is lost', async () => {
  const shop = await startShop(request => {
    if (request.operation === 'ImportProducts' && JSON.stringify(request.variables).includes('S20'))
      shop.stop()
    return emptyShop(request)
  })
  const { code, output } = await run(await write('many.csv', manyProducts), shop.url)
  expect(code).toBe(1)
  expect(output).toMatch(/created +20\n/)
  expect(output).toContain('does not answer any more')
  expect(output).toContain('run this again, which goes on where it ended')
})

it('reaches a shop on this machine past a proxy that the environment names', async () => {
  const { url } = await startShop()
  const file = await write('c.csv', catalogue)
  const command = startProcess(['commands/retail/import.ts', 'products', file, '--url', url], {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: 'http://127.0.0.1:1',
  })
  expect([await command.exited, command.output()]).toEqual([0, expect.stringMatching(/created +2\n/)])
})

it('repeats a request whose answer breaks off', async () => {
  let lookups = 0
  const { url } = await startShop(request => {
    if (request.operation !== 'FindProducts') return emptyShop(request)
    lookups += 1
    return lookups === 1 ? 'breaks off' : emptyShop(request)
  })
  expect(await run(await write('c.csv', catalogue), url)).toMatchObject({ code: 0 })
})

it('counts a product as created whose answer was lost, and refuses a sku that another product took meanwhile', async () => {
  const mug = { id: '1', name: 'Mug', price: { amountMinor: 150, currency: 'EUR' }, archivedAt: null }
  const pot = { id: '2', name: 'Pot', price: { amountMinor: 200, currency: 'EUR' }, archivedAt: null }
  const taken = (sku: string) => ({ __typename: 'SkuTaken', message: `The sku ${sku} is taken.` })
  let writes = 0
  const { url } = await startShop(request => {
    if (request.operation === 'ImportProducts') {
      writes += 1
      return writes === 1 ? 'breaks off' : { data: { product0: taken('A'), product1: taken('B') } }
    }
    if (request.operation !== 'FindProducts' || writes === 0) return emptyShop(request)
    return { data: { product0: mug, product1: pot } }
  })
  const file = await write('c.csv', 'sku,name,price,currency\nA,Mug,1.50,EUR\nB,Bowl,2,EUR\n')
  const { code, output } = await run(file, url)
  expect([code, output]).toEqual([0, expect.stringMatching(/created +1\n/)])
  expect((await readFile(join(folder, 'c.rejects.csv'), 'utf8')).split('\n').slice(1)).toEqual([
    '3,The sku B is taken.,B,Bowl,2,EUR',
    '',
  ])
})

it.each([
  [
    ['--encoding', 'klingon'],
    2,
    '--encoding takes the name of an encoding, such as windows-1251, and not “klingon”',
  ],
  [['--url', 'localhost:4000'], 1, '--url takes an address such as http://127.0.0.1:4000/graphql'],
  [['--dates', 'today'], 2, '--dates takes month-first or day-first'],
])('explains %o', async (options, code, words) => {
  const { url } = await startShop()
  expect(await run(await write('c.csv', catalogue), url, ...options)).toEqual({
    code,
    output: expect.stringContaining(words),
  })
})

it.each([
  ['.', 'is a folder: give the path of a CSV file'],
  ['missing.csv', 'does not exist: give the path of a CSV file'],
  ['c.csv/c.csv', 'does not exist: give the path of a CSV file'],
])('says in a sentence why %s is no file to import', async (path, words) => {
  await write('c.csv', catalogue)
  const { code, output } = await run(join(folder, path), 'http://127.0.0.1:1/graphql')
  expect(code).toBe(1)
  expect(output).toContain(words)
  expect(output).not.toMatch(/^ +at /m)
})
