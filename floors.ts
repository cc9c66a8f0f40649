/**
 * Which folder may import which, from top to bottom. A folder imports only what stands on a lower floor, and nothing from its
 * neighbours on the same floor. `npm run floors` checks these rules, and that no files or folders import each other in a
 * circle. A `*` stands for any name.
 */
export const floors = [
  ['e2e', 'faults', 'benchmarks', 'deploy', '*.test.ts', 'vitest.config.ts'],
  ['testbed'],
  ['commands'],
  ['start.ts'],
  ['embedded', 'queues.ts'],
  ['services.ts'],
  ['subgraphs/*', 'gateway', 'console', 'registry', 'stand-ins/*'],
  ['demo', 'ledger'],
  ['schema'],
  ['packages/composition'],
  ['packages/subgraph'],
  ['packages/messaging'],
  ['packages/postgres'],
  ['packages/telemetry'],
  ['packages/metrics'],
  ['packages/runtime', 'packages/money'],
  ['client', 'floors.ts'],
] as const

/** The floors inside each of some folders, where neighbours may import each other. `*` is everything that is not named. */
export const innerFloors = {
  'subgraphs/*': [['main.ts'], ['server.ts'], ['*'], ['database'], ['domain']],
} as const

/** Which files are tests or serve only tests. No other file imports them, except in the folders of `testing`. */
export const tests = /\.test\.ts$|\.fixture\.ts$|(^|\/)tests\/|(^|\/)testing\.ts$/

/** The folders that prove the rest. They may use the helpers of its tests. */
export const testing = ['e2e', 'faults', 'benchmarks', 'testbed']

/** What a test may import from any floor: what starts a system for it, and what stands in for the outside world. */
export const openToTests = ['testbed', 'stand-ins/*']

/** Packages that the code in a folder, other than its tests, never imports, and what to do instead. */
export const closedPackages = [
  {
    in: 'subgraphs/*/domain',
    packages: /^(typeorm|pg|undici|@supergraph\/(postgres|messaging)|node:(?!crypto$).*)(\/|$)/,
    instead: 'the domain is pure: give it what it needs as an argument',
  },
  {
    in: 'subgraphs/*/resolvers',
    packages: /^(typeorm|pg)(\/|$)/,
    instead: 'a resolver asks stores and loaders: put the statement into database/',
  },
  {
    in: 'console/pages',
    packages: /^(node:.*|@supergraph\/.*)$/,
    instead: 'the pages run in browsers: use what browsers have',
  },
  {
    in: 'gateway/pages',
    packages: /.*/,
    instead: 'the pages run in browsers, which load each of their files: use what browsers have',
  },
  {
    in: 'client',
    packages: /^(node:.*|ws)(\/|$)/,
    instead: 'the client runs in browsers: use what browsers have',
  },
]
