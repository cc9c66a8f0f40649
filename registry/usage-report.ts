import { z } from 'zod'
import { storedText } from './stored-text.ts'

const maxOperations = 1_000
const maxClients = 10_000
const maxNameLength = 500
const maxSignatureLength = 32 * 1024

// n.b. reports of a gateway have at most as much in half a minute
const requests = z.int().min(0).max(1_000_000_000)
const clientText = z.string().regex(/^[\w./+ ()-]{0,60}$/)

/** What a gateway reports: how often each client ran each operation since its last report. */
export const usageReport = z.object({
  /** A graph and its variant. */
  ref: z.string(),
  operations: z
    .array(
      z.object({
        /** Empty if the operation has none. */
        name: storedText(maxNameLength),
        /** Its text without literals. */
        signature: storedText(maxSignatureLength),
        clients: z
          .array(z.object({ name: clientText, version: clientText, requests }))
          .max(maxClients)
          .readonly(),
      }),
    )
    .max(maxOperations)
    .readonly(),
  /** How many requests ran operations that were not told apart. */
  otherRequests: requests,
})

export type UsageReport = z.output<typeof usageReport>
