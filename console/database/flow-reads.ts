import { rows } from '@supergraph/postgres/statements.ts'
import type { DataSource } from 'typeorm'
import { z } from 'zod'
import type { Traffic } from '../pages/views.ts'
import { durationOfClass } from '../traces/flows.ts'

const flowRow = z.object({
  source: z.string(),
  target: z.string(),
  durationClass: z.int(),
  passages: z.int(),
  failures: z.int(),
})

/** What has passed between the parts of the system in the last minutes. */
export const readTraffic = async (database: DataSource, minutes: number): Promise<readonly Traffic[]> => {
  const flows = await rows(
    database,
    flowRow,
    `select source, target, duration_class as "durationClass", sum(passages)::int as passages, sum(failures)::int as failures
     from flows where slot > now() - make_interval(mins => $1)
     group by source, target, duration_class order by source, target, duration_class`,
    [minutes],
  )
  return [...Map.groupBy(flows, ({ source, target }) => `${source} ${target}`).values()].flatMap(classes => {
    const [first] = classes
    if (first === undefined) return []
    const passages = classes.reduce((sum, flow) => sum + flow.passages, 0)
    return {
      source: first.source,
      target: first.target,
      perSecond: passages / (minutes * 60),
      passages,
      failures: classes.reduce((sum, flow) => sum + flow.failures, 0),
      p95Us: Math.round(durationOfClass(classAt(classes, passages * 0.95))),
    }
  })
}

/** The class in which the passage of a rank is; classes are in the order of their durations. */
const classAt = (classes: readonly z.output<typeof flowRow>[], rank: number): number => {
  let passed = 0
  for (const { durationClass, passages } of classes) {
    passed += passages
    if (passed >= rank) return durationClass
  }
  return classes.at(-1)?.durationClass ?? 0
}
