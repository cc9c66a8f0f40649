import type { Viewer } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'
import { inParallel } from '../../testbed/waiting.ts'
import type { Ask } from './ask.ts'

/** Those who shop, and one who keeps the shelves and sends the parcels. */
export type Accounts = { readonly customers: readonly [Viewer, ...Viewer[]]; readonly staff: Viewer }

const customerCount = 24
const registrationsAtOnce = 4

/** Opens the accounts of everyone. */
export const registerAccounts = async (ask: Ask): Promise<Accounts> => {
  const ids: string[] = []
  await inParallel(customerCount + 1, registrationsAtOnce, async index => {
    const input = {
      email: `customer-${index}@example.com`,
      name: `Customer ${index}`,
      password: crypto.randomUUID(),
    }
    const answer = await ask('users', {
      query: registerMutation,
      variables: { input },
      viewer: { kind: 'anonymous' },
    })
    if (answer.kind !== 'data') throw new Error(`no account for ${input.email}: ${answer.message}`)
    ids.push(registered.parse(answer.data).register.user.id)
  })
  const [staffId = '', firstId = '', ...otherIds] = ids
  return {
    staff: userWith(staffId, ['catalog:write', 'orders:read', 'orders:manage']),
    customers: [userWith(firstId), ...otherIds.map(id => userWith(id))],
  }
}

const userWith = (id: string, scopes: readonly string[] = []): Viewer => ({
  kind: 'user',
  id,
  scopes,
  sessionId: crypto.randomUUID(),
})

const registerMutation = `mutation Register($input: RegisterInput!) {
  register(input: $input) { ... on Session { user { id } } }
}`

const registered = z.object({ register: z.object({ user: z.object({ id: z.string() }) }) })
