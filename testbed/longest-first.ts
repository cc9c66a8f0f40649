import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, longest first. One that began late would run on alone while the other workers are idle. */
const longest = [
  'e2e/hostile.e2e.test.ts',
  'faults/events/events-suite.e2e.test.ts',
  'faults/checkout/checkout-suite.e2e.test.ts',
  'e2e/sessions.e2e.test.ts',
  'faults/hostile/hostile-suite.e2e.test.ts',
  'e2e/embedded.e2e.test.ts',
  'e2e/access.e2e.test.ts',
  'e2e/add-a-service.e2e.test.ts',
  'e2e/client-package.e2e.test.ts',
  'commands/events/events.integration.test.ts',
]

/** Runs the longest files first, then the rest in vitest's order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rest = await super.sort(files)
    return rest.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = longest.findIndex(file => moduleId.endsWith(`/${file}`))
  return rank < 0 ? longest.length : rank
}
