import type { Part, SystemMap } from '../system-map.ts'

/** The lines of a flow chart in Mermaid: the parts of the system and what goes between them. */
export const flowLines = ({ parts, edges }: SystemMap): readonly string[] => [
  'flowchart LR',
  ...parts.map(draw),
  ...edges.map(({ source, target, kind }) => {
    const arrow = kind === 'live' || kind === 'events' ? '-.->' : '-->'
    return `  ${nodeId(source)} ${arrow} ${nodeId(target)}`
  }),
]

/** An id as Mermaid takes it. */
export const nodeId = (id: string): string => id.replaceAll(/\W/g, '_')

const shapes: Readonly<Record<Part['kind'], readonly [string, string]>> = {
  clients: ['([', '])'],
  sockets: ['([', '])'],
  gateway: ['[', ']'],
  subgraph: ['[', ']'],
  database: ['[(', ')]'],
  exchange: ['{{', '}}'],
  queue: ['[[', ']]'],
  payments: ['([', '])'],
  mail: ['([', '])'],
}

const draw = ({ id, kind, title }: Part): string => {
  const [open, close] = shapes[kind]
  return `  ${nodeId(id)}${open}"${title}"${close}`
}
