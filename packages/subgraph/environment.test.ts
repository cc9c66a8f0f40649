import { readServiceSettings } from '@supergraph/messaging/run-service.ts'
import { parseEnvironment, type Variables } from '@supergraph/runtime/environment.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { subgraphVariables } from './environment.ts'

it('names every mistake at once, with what to put there, and never the value', () => {
  const variables = z.object(subgraphVariables('orders', 4003))
  const read = (source: Variables) => parseEnvironment('orders', variables, source)
  const parse = () =>
    readServiceSettings('orders', read, {
      PORT: 'many',
      DEMO_DATA: 'maybe',
      RABBITMQ_URL: 'http://hunter2@x',
    })
  expect(parse).toThrow(/^orders can't start:/)
  expect(parse).toThrow(/PORT is not usable: put a port number there, such as 4003/)
  expect(parse).toThrow(/DATABASE_URL is not set: put a URL there, such as postgres:/)
  expect(parse).toThrow(/IDENTITY_ISSUERS is not set: put the public keys there, made by `npm run keys`/)
  expect(parse).toThrow(/DEMO_DATA is not usable: put true or false there/)
  expect(parse).toThrow(/RABBITMQ_URL is not usable: put a URL there, such as amqp:/)
  expect(parse).not.toThrow(/hunter2/)
})

it('reads keys as they are printed', async () => {
  const { issuers } = await createIdentityKeys(['gateway'])
  const { IDENTITY_ISSUERS } = parseEnvironment('x', z.object(subgraphVariables('x', 1)), {
    DATABASE_URL: 'postgres://x:y@127.0.0.1/x',
    IDENTITY_ISSUERS: issuers,
  })
  expect(IDENTITY_ISSUERS.gateway).toMatchObject([{ kty: 'OKP' }])
})
