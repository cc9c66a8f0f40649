import type { Figures } from '../gateway/figures.ts'

const head = [''.padEnd(12), '    req/s', ' ratio', ' p50 ms', ' p99 ms', ' CPU us'].join(' ')

/** The figures of all systems for one query and so many connections; the ratio is how many times as many requests a second this code answers. */
export const figureLines = (
  title: string,
  connections: number,
  figures: readonly (readonly [system: string, figures: Figures])[],
): readonly string[] => {
  const [, own] = figures[0] ?? []
  return [
    `\n${title}; ${connections} connections\n${head}`,
    ...figures.map(([name, { perSecond, p50Ms, p99Ms, cpuMicroseconds, wrong, firstWrong }]) =>
      [
        name.slice(0, 12).padEnd(12),
        perSecond.toFixed(0).padStart(9),
        ((own?.perSecond ?? Number.NaN) / perSecond).toFixed(2).padStart(6),
        ...[p50Ms, p99Ms].map(ms => ms.toFixed(2).padStart(7)),
        cpuMicroseconds.toFixed(0).padStart(7),
        ...(wrong === 0 ? [] : [`${wrong} WRONG ANSWERS, such as ${firstWrong}`]),
      ].join(' '),
    ),
  ]
}
