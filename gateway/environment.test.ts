import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { expect, it, onTestFinished } from 'vitest'
import { readEnvironment } from './environment.ts'

const { keys } = await createIdentityKeys(['gateway'])
const required = { IDENTITY_KEY: keys.gateway }

it('needs only its signing key', () => {
  expect(readEnvironment(required)).toMatchObject({
    PORT: 4000,
    SUBGRAPH_TIMEOUT_MS: 2_000,
    KEEP_ALIVE_SECONDS: 75,
    ALLOWED_HOSTS: [],
    UNAUTHORIZED_OPERATIONS: 'filter',
  })
})

it('takes the URLs of several replicas, and none that is not one', () => {
  const urls = 'http://10.0.0.1:4001/graphql, http://10.0.0.2:4001/graphql,'
  const settings = readEnvironment({ ...required, USERS_URL: urls, REVIEWS_URL: urls })
  const list = 'http://10.0.0.1:4001/graphql,http://10.0.0.2:4001/graphql'
  expect(settings).toMatchObject({ USERS_URL: list })
  expect(() => readEnvironment({ ...required, USERS_URL: 'http://a/graphql,b' })).toThrow('USERS_URL')
  expect(() => readEnvironment({ ...required, USERS_URL: ',' })).toThrow('USERS_URL')
})

it('lets Apollo Studio in during development, and no other origin in production unless told to', () => {
  expect(readEnvironment(required).CORS_ORIGINS).toEqual(['https://studio.apollographql.com'])
  expect(readEnvironment({ ...required, NODE_ENV: 'production' }).CORS_ORIGINS).toEqual([])
  expect(
    readEnvironment({ ...required, CORS_ORIGINS: 'https://a.example, https://b.example' }).CORS_ORIGINS,
  ).toEqual(['https://a.example', 'https://b.example'])
})

it.each([
  ['https://shop.example.com:8443', true],
  ['capacitor://localhost', true],
  ['chrome-extension://abcdefghijklmnop', true],
  ['https://shop.example.com/', false],
  ['https://shop.example.com/shop', false],
  ['HTTPS://shop.example.com', false],
  ['https://user@shop.example.com', false],
  ['shop.example.com', false],
  ['capacitor://localhost/', false],
  ['*', false],
  ['null', false],
])('takes %s as an origin: %j', (CORS_ORIGINS, isTaken) => {
  const read = () => readEnvironment({ ...required, CORS_ORIGINS }).CORS_ORIGINS
  if (isTaken) expect(read()).toEqual([CORS_ORIGINS])
  else expect(read).toThrow('CORS_ORIGINS is not usable: put origins there')
})

it('reads the address of each subgraph of the supergraph, and of subgraphs that a later one may have', () => {
  const url = 'http://127.0.0.1:5001/graphql'
  const told = { ...required, ORDERS_URL: url, SIDE_SHOP_URL: url }
  expect(readEnvironment(told).ORDERS_URL).toBe(url)
  expect(readEnvironment(told).SIDE_SHOP_URL).toBe(url)
  expect(readEnvironment({ ...told, SIDE_SHOP_URL: 'x' })).not.toHaveProperty('SIDE_SHOP_URL')
  const sideShop = {
    name: 'side-shop',
    url: 'http://127.0.0.1:4010/graphql',
    told: { mutations: [], reads: [] },
  }
  expect(readEnvironment(told, [sideShop])).toMatchObject({ SIDE_SHOP_URL: url })
  expect(() => readEnvironment({ ...told, SIDE_SHOP_URL: 'x' }, [sideShop])).toThrow(
    'SIDE_SHOP_URL is not usable: put a URL there, such as http://127.0.0.1:4010/graphql',
  )
})

it('names every mistake at once', () => {
  const wrong = {
    JWKS_URL: 'ftp://x',
    CORS_ORIGINS: 'https://a.example/path',
    SUBGRAPH_TIMEOUT_MS: '0',
    MAX_TOKENS: '0',
    MAX_COST: 'much',
    UNAUTHORIZED_OPERATIONS: 'ask',
    ORDERS_URL: 'ftp://x',
  }
  expect(() => readEnvironment(wrong)).toThrow(
    /IDENTITY_KEY[\s\S]*JWKS_URL[\s\S]*CORS_ORIGINS[\s\S]*SUBGRAPH_TIMEOUT_MS[\s\S]*MAX_TOKENS is not usable: put the most that an operation may have there, such as 2000[\s\S]*MAX_COST[\s\S]*UNAUTHORIZED_OPERATIONS[\s\S]*ORDERS_URL/,
  )
})

it('says that there is no supergraph at the path that is set', () => {
  expect(() => readEnvironment({ ...required, SUPERGRAPH_PATH: '/nowhere/supergraph.graphql' })).toThrow(
    'SUPERGRAPH_PATH is not usable: put the path of a composed supergraph there (ENOENT',
  )
})

it('takes the supergraph from a registry if it is told which one, by which key, and where to keep it', () => {
  const registry = {
    SUPERGRAPH_URL: 'http://127.0.0.1:4008/uplink',
    SUPERGRAPH_REF: 'shop@current',
    SUPERGRAPH_KEY: 'service:shop:secret',
    SUPERGRAPH_PATH: '/nowhere/kept.graphql',
  }
  expect(readEnvironment({ ...required, ...registry })).toMatchObject(registry)
  const { SUPERGRAPH_REF, SUPERGRAPH_KEY, SUPERGRAPH_PATH, ...incomplete } = registry
  for (const missing of [
    'SUPERGRAPH_REF is not set',
    'SUPERGRAPH_KEY is not set',
    'SUPERGRAPH_PATH is not set',
  ])
    expect(() => readEnvironment({ ...required, ...incomplete })).toThrow(missing)
})

it.each([
  ['is empty', ''],
  ['is half of one', 'enum join__Graph { ORDERS @join__graph(name: "ord'],
  ['is binary', '\0\0\0'],
])('starts on a registry though the supergraph that was kept %s', (_title, kept) => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-supergraph-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'kept.graphql')
  writeFileSync(path, kept)
  const registry = {
    SUPERGRAPH_URL: 'http://127.0.0.1:4008/uplink',
    SUPERGRAPH_REF: 'shop@current',
    SUPERGRAPH_KEY: 'service:shop:secret',
    SUPERGRAPH_PATH: path,
  }
  expect(readEnvironment({ ...required, ...registry })).toMatchObject(registry)
  expect(() => readEnvironment({ ...required, SUPERGRAPH_PATH: path, ORDERS_URL: 'ftp://x' })).toThrow(
    'SUPERGRAPH_PATH is not usable',
  )
  expect(() => readEnvironment({ ...required, ...registry, ORDERS_URL: 'ftp://x' })).toThrow('ORDERS_URL')
})

it.each([
  ['', []],
  ['move-reviews=25', [['move-reviews', 25]]],
  [
    ' a.b:c/d = 0.5 , Other_1=100,',
    [
      ['a.b:c/d', 0.5],
      ['Other_1', 100],
    ],
  ],
])('reads the shares of labels: %j', (text, shares) => {
  expect([...readEnvironment({ ...required, OVERRIDE_LABELS: text }).OVERRIDE_LABELS]).toEqual(shares)
})

it.each([
  'move',
  'move=',
  'move=101',
  'move=-1',
  'move=1,move=2',
  '=3',
  'percent(3)=3',
  'a=1;b=2',
])('refuses %j as shares of labels', text => {
  expect(() => readEnvironment({ ...required, OVERRIDE_LABELS: text })).toThrow(
    'OVERRIDE_LABELS is not usable: put the share in percent of each label there',
  )
})
