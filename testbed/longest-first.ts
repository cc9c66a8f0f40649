import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest; of the integration tests by turns one that keeps cores busy, and one that mostly waits. */
const longest = [
  'faults/private-broker.e2e.test.ts',
  'e2e/one-process.e2e.test.ts',
  'faults/shared-broker.e2e.test.ts',
  'e2e/process-per-service.e2e.test.ts',
  'e2e/hostile.e2e.test.ts',
  'e2e/embedded.e2e.test.ts',
  'e2e/add-a-service.e2e.test.ts',
  'client/watch.integration.test.ts',
  'gateway/tests/differential-failures.test.ts',
  'packages/messaging/tests/broker-faults.integration.test.ts',
  'commands/events/events.integration.test.ts',
  'packages/messaging/tests/rabbitmq.integration.test.ts',
  'packages/postgres/tests/embedded.integration.test.ts',
  'subgraphs/orders/tests/recovery.integration.test.ts',
  'console/tests/pages.integration.test.ts',
  'gateway/tests/differential-own.test.ts',
  'packages/runtime/tests/http.integration.test.ts',
  'gateway/tests/differential-awkward.test.ts',
  'e2e/deletion-crashes.integration.test.ts',
  'benchmarks/capacity/page.test.ts',
]

/** Runs the longest files first, then the others that start systems, so that none of them runs on alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const first = longest.flatMap(file => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${file}`)))
    const systems = sorted.filter(({ moduleId }) => moduleId.endsWith('.e2e.test.ts'))
    return [...new Set([...first, ...systems, ...sorted])]
  }
}
