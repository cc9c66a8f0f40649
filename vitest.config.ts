import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '.data/**']

export default defineConfig({
  test: {
    // n.b. two cores: more workers than that only make each other time out
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...exclude, '**/*.{integration,e2e}.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude,
          globalSetup: ['packages/postgres/testing-global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/*.e2e.test.ts'],
          exclude,
          globalSetup: ['packages/postgres/testing-global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
