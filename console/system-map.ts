import { z } from 'zod'

const typeFields = z.object({ type: z.string(), fields: z.array(z.string()) })

const part = z.object({
  id: z.string(),
  kind: z.enum([
    ...(['clients', 'sockets', 'gateway', 'subgraph', 'database'] as const),
    ...(['exchange', 'queue', 'payments', 'mail'] as const),
  ]),
  title: z.string(),
  /** The name in the table of services; null if it is no process of the project's own. */
  service: z.string().nullable(),
  port: z.number().nullable(),
  /** The file to begin with in the project's folder; null if the part is not the project's own. */
  source: z.string().nullable(),
  operations: z.array(typeFields),
  owns: z.array(typeFields),
  contributes: z.array(typeFields),
  publishes: z.array(z.string()),
  consumes: z.array(z.object({ queue: z.string(), events: z.array(z.string()) })),
  listensTo: z.array(z.string()),
  settings: z.array(z.object({ name: z.string(), value: z.string().nullable() })),
})

const edge = z.object({
  source: z.string(),
  target: z.string(),
  kind: z.enum(['operations', 'calls', 'sql', 'events', 'live', 'mail', 'payments']),
})

/** The shape of the map, as `npm run map` writes it from the code. */
export const systemMap = z.object({
  /** The table of services without the console; some are no parts of the map. */
  services: z.array(z.string()),
  parts: z.array(part),
  edges: z.array(edge),
})

/** A part of the system, with its entry in the catalogue. */
export type Part = z.output<typeof part>

/** What goes from one part to another. */
export type Edge = z.output<typeof edge>

/** The parts of the system and what goes between them. */
export type SystemMap = z.output<typeof systemMap>
