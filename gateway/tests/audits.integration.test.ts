import { auditServer } from 'graphql-http'
import { expect, it } from 'vitest'
import { startGatewayUnderTest } from './gateway-under-test.ts'

const forgery = 'a GET without proof could be sent by any page of another site: it is refused with 400'
const refusal =
  'clients, proxies and dashboards see by the status that none of it was run; front ends count on it since the first version'

/** What the audits would have otherwise, by their ids, and why we have it so. */
const accepted: Readonly<Record<string, string>> = {
  '5A70': `MAY accept application/x-www-form-urlencoded formatted GET requests: ${forgery}`,
  D6D5: `MAY allow URL-encoded JSON string {variables} parameter in GETs: ${forgery}`,
  '6A70': `MAY allow URL-encoded JSON string {variables} parameter in GETs: ${forgery}`,
  '572B': `SHOULD use 200 status code on document parsing failure when accepting application/json: ${refusal}`,
  FDE2: `SHOULD use 200 status code on document validation failure when accepting application/json: ${refusal}`,
  '7B9B': `SHOULD use a status code of 200 on variable coercion failure when accepting application/json: ${refusal}`,
}

it('answers as "GraphQL over HTTP" says: no audit fails, and each warning is accepted with a reason', async () => {
  const { origin } = await startGatewayUnderTest()
  // n.b. the second time, the gateway knows the documents
  for (const _time of [1, 2]) {
    const results = await auditServer({ url: `${origin}/graphql`, fetchFn: fetch })
    expect(results.length).toBeGreaterThan(50)
    expect(results.filter(({ status }) => status === 'error')).toEqual([])
    const others = results.filter(({ status }) => status !== 'ok').map(({ id }) => id)
    expect(others.toSorted()).toEqual(Object.keys(accepted).toSorted())
  }
})

it.each([
  'application/json',
  'application/graphql-response+json',
])('answers a syntax error with 400 to who accepts %s', async accept => {
  const { origin } = await startGatewayUnderTest()
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query: '{ products {' }),
  })
  expect(response.status).toBe(400)
})
