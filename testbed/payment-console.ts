/** What can be done to a payment in the console of its provider; a refund of no amount returns all that is left. */
type ConsoleAction =
  | { readonly action: 'refund'; readonly amount: string }
  | { readonly action: 'dispute' }
  | { readonly action: 'answer' | 'win' | 'lose'; readonly dispute: string }

/** The console of the payment provider, as its staff use it. */
export type PaymentConsole = {
  /** Whether it is done; false if the provider refuses it. Throws while the provider is away, and then it may be done. */
  readonly act: (paymentId: string, action: ConsoleAction) => Promise<boolean>
}

/** The console of the simulator at `url`. */
export const createPaymentConsole = (url: string, apiKey: string): PaymentConsole => ({
  act: async (paymentId, action) => {
    const response = await fetch(new URL(`/simulator/payments/${paymentId}`, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
      body: new URLSearchParams(action),
      redirect: 'manual',
    })
    await response.arrayBuffer()
    return response.status === 303
  },
})
