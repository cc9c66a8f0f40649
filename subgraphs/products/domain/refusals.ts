import type { RefusalOf } from '@supergraph/subgraph/failures.ts'
import type { InvalidInput } from '@supergraph/subgraph/input.ts'
import type { Shortage } from './stock.ts'

/** What is known of a refusal besides its kind. */
export type RefusalDetails = {
  readonly invalidInput: Omit<InvalidInput, 'kind'>
  readonly skuTaken: { readonly sku: string }
  readonly productNotFound: unknown
  readonly keyReused: unknown
  readonly insufficient: { readonly available: number }
  readonly tooMuch: { readonly maxDelta: number }
  readonly shortage: { readonly items: readonly Shortage[] }
  readonly released: unknown
}

/** Why this subgraph does not do what was asked, of one of these kinds. */
export type Refusal<Kind extends keyof RefusalDetails = keyof RefusalDetails> = RefusalOf<
  RefusalDetails,
  Kind
>
