import type { Running } from '@supergraph/runtime/lifecycle.ts'
import type { Logger } from '@supergraph/runtime/logger.ts'
import type { Environment } from '../environment.ts'
import { startUsageReports, type UsageAddress } from './usage-reporter.ts'
import { createUseCounts, type UseCounts } from './use-counts.ts'

/** Counts which operations clients run, and reports it to the registry that the settings name; `counts` is undefined if they name none. */
export const startUsageReporting = (
  environment: Environment,
  logger: Logger,
): Running & { readonly counts: UseCounts | undefined } => {
  const address = addressIn(environment)
  if (address === undefined) return { counts: undefined, stop: async () => undefined }
  const counts = createUseCounts()
  const everyMs = environment.USAGE_SECONDS * 1_000
  return { counts, ...startUsageReports({ counts, address, everyMs, logger }) }
}

/** n.b. the door for usage is beside the one for supergraphs. */
const addressIn = ({
  USAGE_REPORTS,
  USAGE_URL,
  SUPERGRAPH_URL,
  SUPERGRAPH_REF: ref = '',
  SUPERGRAPH_KEY: key = '',
}: Environment): UsageAddress | undefined => {
  const url = USAGE_URL ?? (SUPERGRAPH_URL && new URL('usage', SUPERGRAPH_URL).href)
  return USAGE_REPORTS && url !== undefined ? { url, ref, key } : undefined
}
