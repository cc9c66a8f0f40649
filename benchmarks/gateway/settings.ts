/** The gateways that can be measured, in the order of the report. */
export const contenders = ['ours', 'stock', 'hive', 'mercurius', 'floor'] as const

export type ContenderName = (typeof contenders)[number]

/** Those whose packages are no part of the project. */
export const peers = ['hive', 'mercurius'] as const satisfies readonly ContenderName[]

/** What each gateway is. */
export const titles = {
  ours: 'this gateway',
  stock: '@apollo/gateway, startStandaloneServer',
  hive: 'Hive Gateway with its Rust planner',
  mercurius: "Mercurius' gateway (Federation 1)",
  floor: 'floor: a proxy that makes the same calls',
} as const satisfies Readonly<Record<ContenderName, string>>

/** What starts each gateway. */
export const programs = {
  ours: './contenders/ours.ts',
  stock: './contenders/stock.ts',
  hive: './peers/hive.js',
  mercurius: './peers/mercurius.js',
  floor: './contenders/floor.ts',
  traced: './contenders/traced.ts',
} as const satisfies Readonly<Record<ContenderName, string> & { readonly traced: string }>

/** What can be started: each gateway, and ours with every request traced. */
export type ProgramName = keyof typeof programs
