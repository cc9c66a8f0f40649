import { describe, expect, it } from 'vitest'
import { simulatesPayments } from './payments.ts'
import { readSettings } from './settings.ts'

const simulates = (variables: Readonly<Record<string, string>>) => simulatesPayments(readSettings(variables))

describe('who takes the payments', () => {
  it('is the simulator in development, and Stripe if there is a key for it', () => {
    expect(simulates({})).toBe(true)
    expect(simulates({ STRIPE_API_KEY: 'sk_test_1' })).toBe(false)
    expect(simulates({ NODE_ENV: 'production', STRIPE_API_KEY: 'sk_live_1' })).toBe(false)
  })

  it('is nobody in production without a key, unless the simulator is asked for', () => {
    expect(() => simulates({ NODE_ENV: 'production' })).toThrow('STRIPE_API_KEY is not set')
    expect(simulates({ NODE_ENV: 'production', PAYMENT_SIMULATOR: 'true' })).toBe(true)
  })

  it('is not guessed from settings that contradict each other', () => {
    expect(() => simulates({ PAYMENT_SIMULATOR: 'true', STRIPE_API_KEY: 'sk_test_1' })).toThrow('both set')
    expect(() => simulates({ PAYMENT_SIMULATOR: 'false' })).toThrow('STRIPE_API_KEY is not set')
    expect(() => simulates({ STRIPE_API_URL: 'http://127.0.0.1:12111' })).toThrow('STRIPE_API_KEY is not set')
  })
})
