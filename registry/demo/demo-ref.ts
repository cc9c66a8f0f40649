/** The graph of this repository, and the variant that it is published to. */
export const demoRef = { graph: 'commerce', variant: 'current' } as const

/** The key to that graph whose secret is the password of the demo. */
export const demoKey = (secret: string): string => `service:${demoRef.graph}:${secret}`
