/** The gateways that can be measured, in the order of the report. */
export const contenders = ['ours', 'stock', 'floor'] as const

export type ContenderName = (typeof contenders)[number]

/** What each gateway is. */
export const titles: Readonly<Record<ContenderName, string>> = {
  ours: 'this gateway',
  stock: '@apollo/gateway, startStandaloneServer',
  floor: 'floor: a proxy that makes the same calls',
}
