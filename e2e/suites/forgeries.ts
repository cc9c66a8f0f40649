import { createSecretKey, randomUUID } from 'node:crypto'
import { createIdentitySigner } from '@supergraph/runtime/identity.ts'
import { identityKey } from '@supergraph/runtime/identity-keys.ts'
import { createClient } from 'graphql-ws'
import {
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { subgraphNames } from '../../services.ts'
import { createGraphQLClient } from '../../testbed/graphql-client.ts'
import { readRows } from '../../testbed/rows.ts'
import type { System } from '../../testbed/system/system.ts'
import { demoPassword } from '../allocations.ts'

const issuer = 'commerce-supergraph'
const inMinutes = (minutes: number) => Math.floor(Date.now() / 1_000) + minutes * 60

export const describeForgeries = (systemOf: () => System): void => {
  describe('forged tokens', () => {
    let system: System
    let material: Material

    beforeAll(async () => {
      system = systemOf()
      material = await gather(system)
    })

    it('takes the genuine token, over HTTP and WebSocket', async () => {
      expect(await askOverHttp(system.urlOf('gateway'), `Bearer ${material.genuine}`)).toEqual({
        status: 200,
        name: 'Ada Lovelace',
      })
      expect(await closeCodeFor(system.urlOf('gateway'), `Bearer ${material.genuine}`)).toBe('open')
    })

    it('takes a token that the real key signs with the claims that we forge from', async () => {
      const token = await sign(material, {})
      expect(await askOverHttp(system.urlOf('gateway'), `Bearer ${token}`)).toEqual({
        status: 200,
        name: 'Ada Lovelace',
      })
    })

    it.each(Object.entries(forgeries))('refuses %s', async (_, forge) => {
      const authorization = await forge(material)
      expect(await askOverHttp(system.urlOf('gateway'), authorization)).toEqual({
        status: 401,
        code: 'UNAUTHENTICATED',
      })
      expect(await closeCodeFor(system.urlOf('gateway'), authorization)).toBe(4401)
    })

    it.each(
      subgraphNames(),
    )('answers nothing at %s itself without the right identity token', async service => {
      const url = system.urlOf(service)
      for (const [name, headersOf] of Object.entries(strangers)) {
        const headers = await headersOf({ ...material, service })
        for (const query of [
          '{ __typename }',
          '{ _service { sdl } }',
          '{ _entities(representations: []) { __typename } }',
        ]) {
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: JSON.stringify({ query }),
          })
          expect([name, query, response.status]).toEqual([name, query, 401])
          expect(await response.json()).not.toHaveProperty('data')
        }
      }
    })
  })
}

type Material = {
  readonly genuine: string
  readonly refreshToken: string
  readonly claims: JWTPayload
  readonly header: JWTHeaderParameters
  readonly privateKey: JWK
  readonly publicKey: JWK
  readonly identityKeys: System['identityKeys']
}

/** Everything that an attacker could have seen at best. The real signing key serves to forge one claim at a time. */
const gather = async (system: System): Promise<Material> => {
  const { data } = await createGraphQLClient(system.urlOf('gateway')).ask(
    'mutation ($input: LoginInput!) { login(input: $input) { ... on Session { accessToken refreshToken } } }',
    { input: { email: 'ada@example.com', password: demoPassword } },
  )
  const genuine: string = data.login.accessToken
  const [header, claims] = genuine
    .split('.', 2)
    .map(part => JSON.parse(Buffer.from(part, 'base64url').toString()))
  const [key] = await readRows<{ private_jwk: JWK; public_jwk: JWK }>(
    system.databaseUrls.users,
    'select private_jwk, public_jwk from signing_keys where kid = $1',
    [header.kid],
  )
  if (key === undefined) throw new Error('the key of the token is not in the database')
  return {
    genuine,
    refreshToken: data.login.refreshToken,
    claims,
    header,
    privateKey: key.private_jwk,
    publicKey: key.public_jwk,
    identityKeys: system.identityKeys,
  }
}

/** The genuine token's claims with some replaced, signed by the real key or by another. */
const sign = async (
  { claims, header, privateKey }: Material,
  replaced: JWTPayload,
  { as = header, key }: { as?: JWTHeaderParameters; key?: Parameters<SignJWT['sign']>[0] } = {},
): Promise<string> =>
  new SignJWT({ ...claims, ...replaced })
    .setProtectedHeader(as)
    .sign(key ?? (await importJWK(privateKey, header.alg)))

const withPayload = ({ genuine }: Material, replaced: object): string => {
  const [header, payload = '', signature] = genuine.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...replaced }
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

const bearer = (token: string) => `Bearer ${token}`
const ownKey = async () => (await generateKeyPair('ES256', { extractable: true })).privateKey

const forgeries: Readonly<Record<string, (material: Material) => Promise<string>>> = {
  'alg none': async ({ claims }) => bearer(new UnsecuredJWT(claims).encode()),
  'alg none with the genuine signature': async ({ genuine, header }) =>
    bearer(
      [
        Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url'),
        ...genuine.split('.').slice(1),
      ].join('.'),
    ),
  'HS256 with the public key as a JWK': async m =>
    bearer(
      await sign(
        m,
        {},
        { as: { ...m.header, alg: 'HS256' }, key: createSecretKey(JSON.stringify(m.publicKey), 'utf8') },
      ),
    ),
  'HS256 with the public key as PEM': async m => {
    const key = await importJWK(m.publicKey, 'ES256')
    if (key instanceof Uint8Array) throw new Error('not a public key')
    const pem = await exportSPKI(key)
    return bearer(await sign(m, {}, { as: { ...m.header, alg: 'HS256' }, key: createSecretKey(pem, 'utf8') }))
  },
  'another key under the known kid': async m => bearer(await sign(m, {}, { key: await ownKey() })),
  'another key under a kid of its own': async m =>
    bearer(await sign(m, {}, { as: { ...m.header, kid: randomUUID() }, key: await ownKey() })),
  'another key without a kid': async m =>
    bearer(await sign(m, {}, { as: { alg: 'ES256' }, key: await ownKey() })),
  'a kid that is a path': async m =>
    bearer(await sign(m, {}, { as: { ...m.header, kid: '../../../dev/null' }, key: await ownKey() })),
  'another key that comes along in the header': async m => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    return bearer(await sign(m, {}, { as: { alg: 'ES256', jwk: m.publicKey }, key: pair.privateKey }))
  },
  'a header that names its own key set': async m =>
    bearer(
      await sign(m, {}, { as: { ...m.header, jku: 'http://127.0.0.1:1/jwks.json' }, key: await ownKey() }),
    ),
  'a critical header that nobody knows': async m =>
    bearer(
      [
        Buffer.from(JSON.stringify({ ...m.header, crit: ['x'], x: 1 })).toString('base64url'),
        ...m.genuine.split('.').slice(1),
      ].join('.'),
    ),
  'more scopes, signature kept': async m => bearer(withPayload(m, { scope: 'users:manage orders:read' })),
  'a role, signature kept': async m => bearer(withPayload(m, { role: 'ADMIN' })),
  'another user, signature kept': async m => bearer(withPayload(m, { sub: randomUUID() })),
  'a later expiry, signature kept': async m => bearer(withPayload(m, { exp: inMinutes(60 * 24) })),
  'a truncated signature': async ({ genuine }) => bearer(genuine.slice(0, -10)),
  'no signature': async ({ genuine }) => bearer(`${genuine.split('.').slice(0, 2).join('.')}.`),
  'two parts': async ({ genuine }) => bearer(genuine.split('.').slice(0, 2).join('.')),
  'another issuer': async m => bearer(await sign(m, { iss: 'https://evil.example' })),
  'another audience': async m => bearer(await sign(m, { aud: 'orders' })),
  'an expired token': async m => bearer(await sign(m, { exp: inMinutes(-1) })),
  'a token that is not valid yet': async m => bearer(await sign(m, { nbf: inMinutes(5) })),
  'a token without expiry': async m => bearer(await sign(m, { exp: undefined })),
  'a token without a user': async m => bearer(await sign(m, { sub: undefined })),
  'a token without a session': async m => bearer(await sign(m, { sid: undefined })),
  'a token without an issuer': async m => bearer(await sign(m, { iss: undefined })),
  'a refresh token': async ({ refreshToken }) => bearer(refreshToken),
  "the gateway's identity token for users": async ({ identityKeys, claims }) =>
    bearer(
      await createIdentitySigner('gateway', identityKey.parse(identityKeys.gateway)).sign('users', {
        kind: 'user',
        id: String(claims.sub),
        scopes: ['users:manage'],
        sessionId: String(claims.sid),
      }),
    ),
  "orders' own identity token": async ({ identityKeys }) =>
    bearer(
      await createIdentitySigner('orders', identityKey.parse(identityKeys.orders)).sign(issuer, {
        kind: 'service',
        name: 'orders',
        scopes: [],
      }),
    ),
  'another scheme': async ({ genuine }) => `Basic ${genuine}`,
  'no token after the scheme': async () => 'Bearer ',
  'plain words': async () => bearer('let me in'),
}

type Stranger = (
  material: Material & { readonly service: string },
) => Promise<Readonly<Record<string, string>>>

const anonymous = { kind: 'anonymous' } as const

const strangers: Readonly<Record<string, Stranger>> = {
  'no token': async () => ({}),
  'headers of trust': async ({ claims }) => ({
    'x-user-id': String(claims.sub),
    'x-role': 'ADMIN',
    'x-forwarded-user': 'ada',
  }),
  "a user's access token": async ({ genuine }) => ({ authorization: bearer(genuine) }),
  'a token for another subgraph': async ({ identityKeys, service }) => ({
    authorization: bearer(
      await createIdentitySigner('gateway', identityKey.parse(identityKeys.gateway)).sign(
        service === 'users' ? 'orders' : 'users',
        anonymous,
      ),
    ),
  }),
  "the gateway's name under orders' key": async ({ identityKeys, service }) => ({
    authorization: bearer(
      await createIdentitySigner('gateway', identityKey.parse(identityKeys.orders)).sign(service, anonymous),
    ),
  }),
  'an issuer that nobody knows': async ({ identityKeys, service }) => ({
    authorization: bearer(
      await createIdentitySigner('stranger', identityKey.parse(identityKeys.gateway)).sign(
        service,
        anonymous,
      ),
    ),
  }),
  'an expired token': async ({ identityKeys, service }) => ({
    authorization: bearer(
      await new SignJWT({})
        .setProtectedHeader({ alg: 'EdDSA', kid: 'gateway' })
        .setIssuer('gateway')
        .setAudience(service)
        .setExpirationTime(inMinutes(-1))
        .sign(await importJWK(identityKey.parse(identityKeys.gateway), 'EdDSA')),
    ),
  }),
  'alg none': async ({ service }) => ({
    authorization: bearer(
      new UnsecuredJWT({}).setIssuer('gateway').setAudience(service).setExpirationTime(inMinutes(1)).encode(),
    ),
  }),
}

const askOverHttp = async (url: string, authorization: string) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query: '{ me { name } }' }),
  })
  const { data, errors } = JSON.parse(await response.text())
  return errors
    ? { status: response.status, code: errors[0].extensions.code }
    : { status: response.status, name: data.me?.name ?? null }
}

/** The code with which a socket that brings this token is closed, or `open` if the gateway accepts it. */
const closeCodeFor = (url: string, authorization: string): Promise<number | 'open'> =>
  new Promise(resolve => {
    const client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: 0,
      connectionParams: { authorization },
      onNonLazyError: () => {},
      on: {
        connected: () => {
          resolve('open')
          client.dispose()
        },
        closed: event => resolve(event instanceof Object && 'code' in event ? Number(event.code) : 0),
      },
    })
  })
