import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './testbed/longest-first.ts'

const exclude = ['**/node_modules/**', '.data/**']
const globalSetup = ['packages/postgres/tests/global-setup.ts', 'packages/messaging/tests/global-setup.ts']
// n.b. In a process that is shared, a mocked module would stay in the cache for the files that come later.
const mockingModules = ['commands/retail/session.test.ts', 'subgraphs/users/passwords/passwords.test.ts']
/** Files share the processes of the workers, where graphql, typeorm and Apollo are loaded already. */
const sharing = { isolate: false, setupFiles: ['testbed/patience.ts', 'testbed/shared-worker.ts'] }

// n.b. The workers and the processes that they start compile most of the same files.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled')

export default defineConfig({
  // n.b. Node loads graphql's CommonJS build. Vite would load the other one beside it, and graphql refuses two copies.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // n.b. A third of the time, a worker waits.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // n.b. The limits are for what never comes: a slow or busy machine may need ten times as long as a quick one.
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          ...sharing,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, ...mockingModules, '**/*.{integration,e2e}.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'unit with mocked modules',
          include: mockingModules,
          exclude,
          setupFiles: ['testbed/patience.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...sharing,
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude,
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          setupFiles: ['testbed/patience.ts'],
          include: ['**/*.e2e.test.ts'],
          exclude,
          globalSetup,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
