import type { IncomingMessage } from 'node:http'
import type { Viewer } from '@supergraph/runtime/identity.ts'
import { z } from 'zod'

/** The header in which a stock gateway tells subgraphs who asks, and which they believe, as Apollo's documentation shows it. */
export const viewerHeader = 'x-viewer'

const viewer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('anonymous') }),
  z.object({
    kind: z.literal('user'),
    id: z.string(),
    scopes: z.array(z.string()),
    sessionId: z.string(),
  }),
  z.object({ kind: z.literal('service'), name: z.string(), scopes: z.array(z.string()) }),
])

/** Who asks for what a request wants. */
export const readViewer = ({ headers }: IncomingMessage): Viewer =>
  viewer.parse(JSON.parse(String(headers[viewerHeader] ?? '{"kind":"anonymous"}')))
