import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import { Shortest } from '@supergraph/runtime/load/shortest.ts'
import type { FetchDocument } from './call.ts'

/**
 * Tells the limit of a subgraph for how long its reads wait: by how much each of them takes longer than the shortest one of
 * the same document. n.b. mutations wait for others, such as a payment provider, and say nothing about the subgraph
 */
export class ReadWaits {
  readonly #load: LoadLimit
  readonly #shortest = new WeakMap<FetchDocument, Shortest>()

  constructor(load: LoadLimit) {
    this.#load = load
  }

  /** A request that began at a time, in milliseconds since the epoch, was answered now. */
  answered(document: FetchDocument, beganAtMs: number): void {
    if (document.isMutation) return
    let shortest = this.#shortest.get(document)
    if (shortest === undefined) {
      shortest = new Shortest()
      this.#shortest.set(document, shortest)
    }
    const nowMs = Date.now()
    this.#load.waited(shortest.excessOf(nowMs - beganAtMs, nowMs), beganAtMs, nowMs)
  }
}
