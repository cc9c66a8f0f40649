import { createIdentityKeys } from '@supergraph/runtime/identity.ts'
import { expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

const { keys } = await createIdentityKeys(['gateway'])
const required = { IDENTITY_KEY: keys.gateway }

it('needs its signing key alone', () => {
  expect(readEnvironment(required)).toMatchObject({
    PORT: 4000,
    SUBGRAPH_TIMEOUT_MS: 2_000,
    UNAUTHORIZED_OPERATIONS: 'filter',
  })
})

it('lets Apollo Studio in during development, and no other origin in production unless told to', () => {
  expect(readEnvironment(required).CORS_ORIGINS).toEqual(['https://studio.apollographql.com'])
  expect(readEnvironment({ ...required, NODE_ENV: 'production' }).CORS_ORIGINS).toEqual([])
  expect(
    readEnvironment({ ...required, CORS_ORIGINS: 'https://a.example, https://b.example' }).CORS_ORIGINS,
  ).toEqual(['https://a.example', 'https://b.example'])
})

it('names every mistake at once', () => {
  const wrong = {
    JWKS_URL: 'ftp://x',
    CORS_ORIGINS: 'https://a.example/path',
    SUBGRAPH_TIMEOUT_MS: '0',
    UNAUTHORIZED_OPERATIONS: 'ask',
  }
  expect(() => readEnvironment(wrong)).toThrow(
    /IDENTITY_KEY[\s\S]*JWKS_URL[\s\S]*CORS_ORIGINS[\s\S]*SUBGRAPH_TIMEOUT_MS[\s\S]*UNAUTHORIZED_OPERATIONS/,
  )
})
