import { reviewSite } from './reviews.ts'
import { shop } from './shop.ts'

/** The graphs that gateways are measured on. */
export const graphs = { shop, reviewSite } as const

export type GraphName = keyof typeof graphs
