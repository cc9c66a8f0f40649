import { availableParallelism, totalmem } from 'node:os'
import { numberIn, parseArguments, runCommand, startProgress } from '../commands/command-line.ts'
import { type Child, cores, startChild } from './gateway/child.ts'
import { figuresOf } from './gateway/figures.ts'
import { type Grouping, groupings } from './groupings/groupings.ts'
import { groupingsTable, type Measured, middleOf, writeFigures } from './groupings/report.ts'
import { prepareGrouping } from './groupings/system.ts'
import { measureLoad } from './load.ts'
import { addCustomers, openTill } from './shop/customers.ts'
import { prepare } from './shop/measure.ts'

const brokerUrl = process.env.RABBITMQ_URL || 'amqp://guest:guest@127.0.0.1:5672'
const atOnce = 16
const checkoutCount = 200
const bytesInMebibyte = 1_048_576

const help = `npm run bench -- groupings [options]

Measures the same shop as npm start runs it in one process and in several: how long it takes to start on data that is
there, the memory of its Node processes (what they share counts in each), and how it answers one client and ${atOnce} at a time:
a page of 20 products, me with 20 orders, and checkouts. Those in several processes tell each other events by the RabbitMQ
at RABBITMQ_URL. The groupings take turns; in brackets stands how many times the figure of one process each figure is.

  --rounds N       how often they take turns (3)
  --seconds N      how long each query is measured in each round (2)
  --write          puts the table into docs/groupings.md
  --help           this text`

await runCommand(help, async () => {
  const { rounds, seconds, writes } = readArguments()
  const clients = await startChild('./load/load.ts', {}, { core: cores.rest })
  const progress = startProgress('groupings', rounds * groupings.length)
  const measured = groupings.map(({ title }) => ({ title, rounds: [] as Measured[] }))
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, grouping] of groupings.entries()) {
        measured[index]?.rounds.push(await measure(grouping, clients, seconds))
        progress.add()
      }
    }
  } finally {
    progress.stop()
    await clients.stop()
  }
  const machine = `${availableParallelism()} cores, ${(totalmem() / bytesInMebibyte / 1_024).toFixed(0)} GiB, Node ${process.versions.node}`
  const table = groupingsTable(measured.map(({ title, rounds }) => ({ title, measured: middleOf(rounds) })))
  console.log(`${machine}\n\n${table}`)
  if (writes)
    writeFigures(
      `Measured on ${machine}, with clients, databases and broker on the same machine.\n\n${table}`,
    )
})

function readArguments() {
  const { values } = parseArguments({
    args: process.argv.slice(3),
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      write: { type: 'boolean', default: false },
    },
  })
  return {
    rounds: numberIn('--rounds', values.rounds),
    seconds: numberIn('--seconds', values.seconds),
    writes: values.write,
  }
}

async function measure(grouping: Grouping, clients: Child, seconds: number): Promise<Measured> {
  const prepared = await prepareGrouping(grouping, brokerUrl)
  try {
    const first = await prepared.start()
    const accessTokens = await addCustomers(first.url).finally(first.stop)
    const shop = await prepared.start()
    try {
      const idleBytes = await shop.residentBytes()
      const asked = { ...shop, accessTokens }
      const page = await prepare(clients, asked, 'products')
      const me = await prepare(clients, asked, 'me')
      for (const query of [page, me]) await query(atOnce, seconds)
      const figures = async (query: typeof page, connections: number) =>
        figuresOf([await query(connections, seconds)])
      const [onePage, pages] = [await figures(page, 1), await figures(page, atOnce)]
      const [oneMe, mes] = [await figures(me, 1), await figures(me, atOnce)]
      const order = await openTill(shop.url, accessTokens)
      await measureLoad({ clients: atOnce, count: checkoutCount }, order)
      const oneCheckout = await measureLoad({ clients: 1, count: checkoutCount / 4 }, order)
      const checkouts = await measureLoad({ clients: atOnce, count: checkoutCount }, order)
      const loadedBytes = await shop.residentBytes()
      for (const { wrong, firstWrong } of [onePage, pages, oneMe, mes])
        if (wrong > 0) throw new Error(`${grouping.title}: ${wrong} wrong answers, such as ${firstWrong}`)
      return {
        startedInMs: shop.startedInMs,
        idleMebibytes: idleBytes / bytesInMebibyte,
        loadedMebibytes: loadedBytes / bytesInMebibyte,
        pageMs: onePage.p50Ms,
        pagesPerSecond: pages.perSecond,
        meMs: oneMe.p50Ms,
        mePerSecond: mes.perSecond,
        checkoutMs: oneCheckout.p50Ms,
        checkoutsPerSecond: checkouts.perSecond,
      }
    } finally {
      await shop.stop()
    }
  } finally {
    await prepared.stop()
  }
}
