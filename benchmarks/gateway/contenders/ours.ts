import { startMeasuredGateway } from '../measured-gateway.ts'
import { forEachGraph, runContender } from './contender.ts'

// n.b. The public benchmark's query is dear, and one viewer may not send many such queries at a time by default.
await runContender(settings =>
  forEachGraph(settings, (supergraphSdl, graph) =>
    startMeasuredGateway(supergraphSdl, settings, graph === 'reviewSite' ? { MAX_COST: '100000' } : {}),
  ),
)
