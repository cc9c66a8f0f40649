/** A fault that the payment simulator is told to have. */
type PaymentFault = (RequestFault | BankFault | WebhookFault) & {
  readonly probability: number
  readonly times?: number
  readonly delayMs?: number
}

/** The bank answers after the delay, and refuses then if `fails`; or it answers at once, and takes that back after the delay. */
type BankFault =
  | {
      readonly operation: 'authorize' | 'approve' | 'capture' | 'refund'
      readonly kind: 'processing'
      readonly fails?: boolean
    }
  | { readonly operation: 'capture' | 'refund'; readonly kind: 'failsLater' }

type RequestFault = {
  readonly operation: 'authorize' | 'capture' | 'cancel' | 'refund' | 'retrieve' | 'any'
  /** `error` answers 500 and does nothing; `lostAnswer` does it and says nothing; `hang` does neither; `slow` does it later. */
  readonly kind: 'slow' | 'error' | 'lostAnswer' | 'hang'
}

/** An event is sent never, twice at once, after the delay, or after a random part of it. */
type WebhookFault = {
  readonly operation: 'webhook'
  readonly kind: 'lost' | 'doubled' | 'late' | 'disordered'
}

/** Switches the payment simulator's faults. */
export type PaymentFaults = {
  readonly set: (faults: readonly PaymentFault[], seed: number) => Promise<void>
  readonly clear: () => Promise<void>
}

/** The switches of the simulator at `url`. */
export const createPaymentFaults = (url: string, apiKey: string): PaymentFaults => {
  const send = async (method: 'PUT' | 'DELETE', body?: object): Promise<void> => {
    const response = await fetch(new URL('/simulator/faults', url), {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`the payment simulator refuses its faults: ${await response.text()}`)
  }
  return {
    set: (faults, seed) => send('PUT', { faults, seed }),
    clear: () => send('DELETE'),
  }
}
