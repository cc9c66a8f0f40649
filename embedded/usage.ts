import { demoKey, demoRef } from '@supergraph/registry/demo/demo-ref.ts'
import { textOf } from '@supergraph/registry/graph-ref.ts'
import type { Variables } from '@supergraph/runtime/environment.ts'
import type { Settings } from './settings.ts'
import { addressOf } from './whereabouts.ts'

/** Lets the gateway report usage to the registry beside it, about the graph of this repository, unless its supergraph comes from another registry. */
export const usageSettings = (settings: Settings, { SUPERGRAPH_URL, USAGE_URL }: Variables): Variables =>
  settings.REGISTRY && settings.DEMO_DATA && !SUPERGRAPH_URL && !USAGE_URL
    ? {
        USAGE_URL: `${addressOf(settings, 'registry')}/usage`,
        SUPERGRAPH_REF: textOf(demoRef),
        SUPERGRAPH_KEY: demoKey(settings.DEMO_PASSWORD),
      }
    : {}
