import { availableParallelism, loadavg } from 'node:os'
import { z } from 'zod'
import { numberIn, parseArguments, runCommand, UsageError } from '../commands/command-line.ts'
import { percentile } from '../testbed/percentile.ts'
import { startOneProcess } from '../testbed/system/one-process.ts'
import { type ConsoleSystem, startConsoleSystem } from './console/console-system.ts'
import { askShop } from './console/shop-load.ts'
import { type Child, cores, startChild } from './gateway/child.ts'

const help = `npm run bench -- console [options]

Measures the console under load: spans of a shop (8 operations, 12 spans each from 3 services, 1 % failing, 0.5 % slow) come over
HTTP in bodies of 512, and meanwhile somebody asks a shop for pages of products. The console has the low priority that it
gives itself, and so have its database and what sends the spans, which shops have on other machines. Prints what became of
the spans, the memory and the event loop's delay of the console, what its store holds, and the time of the shop's pages
without that load, with it, and without it again.

  --minutes N          how long spans come (1)
  --per-second N       how many spans a second (10000)
  --shop no            leaves the shop away
  --cpu-prof FOLDER    keeps a CPU profile of the console
  --help               this text`

const pagesPerSecond = 40
const sendingResult = z.object({
  sent: z.number(),
  failed: z.number(),
  seconds: z.number(),
  answersMs: z.array(z.number()),
})

await runCommand(help, async () => {
  const options = readArguments()
  console.log(
    `${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)} before, Node ${process.versions.node}`,
  )
  const system = await startConsoleSystem(options.profileFolder)
  const sender = await startChild('../console/sender.ts', {}, { core: cores.rest })
  const shop = options.hasShop ? await startOneProcess({ CONSOLE: 'false', LOG_LEVEL: 'error' }) : undefined
  try {
    await measure(system, sender, shop?.urlOf('gateway'), options)
  } finally {
    await shop?.stop()
    await sender.stop()
    await system.stop()
  }
})

type Options = ReturnType<typeof readArguments>

function readArguments() {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      minutes: { type: 'string', default: '1' },
      'per-second': { type: 'string', default: '10000' },
      shop: { type: 'string', default: 'yes' },
      'cpu-prof': { type: 'string' },
    },
  })
  if (values.shop !== 'yes' && values.shop !== 'no') throw new UsageError('--shop takes yes or no')
  return {
    seconds: numberIn('--minutes', values.minutes) * 60,
    perSecond: numberIn('--per-second', values['per-second']),
    hasShop: values.shop === 'yes',
    profileFolder: values['cpu-prof'],
  }
}

async function measure(
  system: ConsoleSystem,
  sender: Child,
  shopUrl: string | undefined,
  { seconds, perSecond }: Options,
): Promise<void> {
  const ask = async (forSeconds: number) =>
    shopUrl === undefined ? [] : askShop(shopUrl, pagesPerSecond, forSeconds)
  const quietSeconds = Math.min(seconds, 30)
  // n.b. without it, what is measured first also pays for the compilation of the code
  await ask(5)
  const before = await ask(quietSeconds)
  await system.loopDelay()
  const start = await system.askUsage('look')
  const [load, during, middle] = await Promise.all([
    sender
      .ask({ url: `${system.url}/v1/traces`, perSecond, seconds })
      .then(told => sendingResult.parse(told)),
    ask(seconds),
    new Promise(resolve => setTimeout(resolve, seconds * 500)).then(() => system.askUsage('look')),
  ])
  const delay = await system.loopDelay()
  const end = await system.askUsage('look')
  const after = await ask(quietSeconds)

  const { stored, leftOut, dropped } = await system.counts()
  const share = (spans: number) => `${spans} (${((spans / load.sent) * 100).toFixed(1)} %)`
  const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`
  console.log(
    `sent      ${load.sent} spans in ${load.seconds.toFixed(0)} s, ${(load.sent / load.seconds).toFixed(0)} a second; ${load.failed} without an answer
of them   kept ${share(stored)}, left out ${share(leftOut)}, dropped ${share(dropped)}, under way ${load.sent - load.failed - stored - leftOut - dropped}
answers   p50 ${percentile(load.answersMs, 0.5).toFixed(1)} ms, p99 ${percentile(load.answersMs, 0.99).toFixed(1)} ms, for 512 spans each
memory    ${[start, middle, end].map(({ residentBytes }) => megabytes(residentBytes)).join(', ')} (start, middle, end)
CPU       ${((end.mainThreadMs - start.mainThreadMs) / (load.seconds * 10)).toFixed(0)} % of a core on the main thread
delay     of the event loop p99 ${delay.p99Ms.toFixed(0)} ms, at most ${delay.maxMs.toFixed(0)} ms`,
  )
  for (const { name, rows, bytes } of await system.tables())
    console.log(
      `store     ${name.padEnd(16)} ${String(rows).padStart(7)} rows ${megabytes(bytes).padStart(8)}`,
    )
  if (shopUrl !== undefined) printShop(before, during, after)
}

function printShop(before: readonly number[], during: readonly number[], after: readonly number[]): void {
  const line = (times: readonly number[]) =>
    `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`
  const quiet = [...before, ...after]
  const ratio = (share: number) => (percentile(during, share) / percentile(quiet, share)).toFixed(2)
  console.log(`shop      before ${line(before)}; during ${line(during)}; after ${line(after)}
shop      ratio of during to before and after: p50 ${ratio(0.5)}, p99 ${ratio(0.99)}`)
}
