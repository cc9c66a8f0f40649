import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest: by turns one that keeps cores busy, and one that mostly waits. */
const longest = [
  'e2e/one-process.e2e.test.ts',
  'client/watch.integration.test.ts',
  'faults/events/events-suite.e2e.test.ts',
  'packages/messaging/tests/broker-faults.integration.test.ts',
  'subgraphs/orders/tests/recovery.integration.test.ts',
  'e2e/process-per-service.e2e.test.ts',
  'commands/events/events.integration.test.ts',
  'faults/shared-broker.e2e.test.ts',
  'packages/postgres/tests/embedded.integration.test.ts',
  'e2e/hostile.e2e.test.ts',
  'packages/messaging/tests/rabbitmq.integration.test.ts',
  'gateway/tests/differential-failures.test.ts',
  'e2e/embedded.e2e.test.ts',
  'gateway/tests/differential-own.test.ts',
  'gateway/tests/differential-awkward.test.ts',
  'e2e/add-a-service.e2e.test.ts',
  'benchmarks/capacity/page.test.ts',
]

// n.b. The integration tests are the first two fifths of the files that start no system; quick unit tests are the rest.
const systemsShare = 0.4

/**
 * Runs the longest files first, so that none of them runs on alone at the end, and spreads the others that start a whole
 * system over the integration tests, so that few systems run at the same time.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const first = longest.flatMap(file => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${file}`)))
    const rest = sorted.filter(file => !first.includes(file))
    const systems = rest.filter(({ project }) => project.name === 'e2e')
    const others = rest.filter(({ project }) => project.name !== 'e2e')
    const placed = [
      ...systems.map((file, index) => ({ file, at: (systemsShare * index) / systems.length })),
      ...others.map((file, index) => ({ file, at: index / others.length })),
    ]
    return [...first, ...placed.toSorted((one, other) => one.at - other.at).map(({ file }) => file)]
  }
}
