import { fileURLToPath } from 'node:url'

/** Where the composed supergraph is, unless a setting says otherwise. */
export const supergraphPath = fileURLToPath(new URL('../schema/supergraph.graphql', import.meta.url))
