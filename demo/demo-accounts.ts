/** An account of the demo shop that explorers offer. */
export type DemoAccount = {
  readonly email: string
  readonly name: string
  readonly role: 'customer' | 'staff' | 'admin'
}

/** A demo account of each role; the demo shop has more customers, and all of them have one password. */
export const demoAccounts = [
  { email: 'ada@example.com', name: 'Ada Lovelace', role: 'customer' },
  { email: 'staff@example.com', name: 'Sam Staff', role: 'staff' },
  { email: 'admin@example.com', name: 'Alex Admin', role: 'admin' },
] as const satisfies readonly DemoAccount[]

/** The password of the demo accounts unless DEMO_PASSWORD is set. */
export const demoPassword = 'supergraph-demo'
