import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { describe, expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
const settings = {
  DATABASE_URL: 'postgres://orders:secret@127.0.0.1:5432/orders',
  IDENTITY_ISSUERS: issuers,
  IDENTITY_KEY: keys.orders,
  STRIPE_API_KEY: 'sk_test_1',
}

describe('the settings of orders', () => {
  it('send payments to Stripe unless another address is given', () => {
    expect(readEnvironment(settings).STRIPE_API_URL).toBe('https://api.stripe.com')
    const elsewhere = { ...settings, STRIPE_API_URL: 'http://127.0.0.1:4010/' }
    expect(readEnvironment(elsewhere).STRIPE_API_URL).toBe('http://127.0.0.1:4010')
  })

  it.each(['sk_live_1', 'rk_live_1'])('never give the key %s to another address', STRIPE_API_KEY => {
    expect(readEnvironment({ ...settings, STRIPE_API_KEY }).STRIPE_API_KEY).toBe(STRIPE_API_KEY)
    const elsewhere = { ...settings, STRIPE_API_KEY, STRIPE_API_URL: 'http://127.0.0.1:4010' }
    expect(() => readEnvironment(elsewhere)).toThrow(
      'STRIPE_API_KEY is not usable: put a key of test mode there',
    )
  })

  it.each([undefined, '', 'pk_test_1'])('name STRIPE_API_KEY when it is %s', STRIPE_API_KEY => {
    expect(() => readEnvironment({ ...settings, STRIPE_API_KEY })).toThrow('STRIPE_API_KEY')
  })
})
