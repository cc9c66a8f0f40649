import { Baseline } from '@supergraph/runtime/load/baseline.ts'
import type { LoadLimit } from '@supergraph/runtime/load/load-limit.ts'
import type { FetchDocument } from './call.ts'

/**
 * Tells the limit of a subgraph for how long its reads wait: by how much each of them takes longer than others of the same
 * document when they wait for nothing. n.b. mutations wait for others, such as a payment provider, and say nothing about
 * the subgraph; an error comes sooner than what it stands for
 */
export class ReadWaits {
  readonly #load: Pick<LoadLimit, 'waited'>
  readonly #baselines = new WeakMap<FetchDocument, Baseline>()

  constructor(load: Pick<LoadLimit, 'waited'>) {
    this.#load = load
  }

  /** A request that began at a time was answered without errors; both times are those of `performance.now()`. */
  answered(document: FetchDocument, beganAtMs: number, nowMs: number): void {
    if (document.isMutation) return
    let baseline = this.#baselines.get(document)
    if (baseline === undefined) {
      baseline = new Baseline()
      this.#baselines.set(document, baseline)
    }
    const waitMs = baseline.excessOf(nowMs - beganAtMs, nowMs)
    if (waitMs !== undefined) this.#load.waited(waitMs, beganAtMs, nowMs)
  }
}
