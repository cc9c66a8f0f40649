import { EnvironmentError } from '@supergraph/runtime/environment.ts'
import type { Settings } from './settings.ts'

/** Whether payments go to the simulator rather than to Stripe; throws an EnvironmentError if a production system says neither. */
export const simulatesPayments = ({
  NODE_ENV,
  PAYMENT_SIMULATOR,
  STRIPE_API_KEY,
  STRIPE_API_URL,
}: Pick<Settings, 'NODE_ENV' | 'PAYMENT_SIMULATOR' | 'STRIPE_API_KEY' | 'STRIPE_API_URL'>): boolean => {
  if (STRIPE_API_KEY !== undefined) {
    if (PAYMENT_SIMULATOR) throw unusable('PAYMENT_SIMULATOR and STRIPE_API_KEY are both set: leave one out')
    return false
  }
  if (STRIPE_API_URL !== undefined) {
    throw unusable(
      'STRIPE_API_KEY is not set: put the key there that STRIPE_API_URL takes, or leave both out',
    )
  }
  if (PAYMENT_SIMULATOR ?? NODE_ENV !== 'production') return true
  throw unusable(
    'STRIPE_API_KEY is not set: put your secret key of Stripe there, or PAYMENT_SIMULATOR=true for pretended payments',
  )
}

const unusable = (problem: string) => new EnvironmentError('the supergraph', [problem])
