import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoProductId } from '@supergraph/demo/demo-shop.ts'
import { connectRabbitMq } from '@supergraph/messaging/rabbitmq/transport.ts'
import { brokerUrl, createTestNamespace } from '@supergraph/messaging/tests/test-namespace.ts'
import { createTestDatabase } from '@supergraph/postgres/tests/test-database.ts'
import { createIdentityKeys } from '@supergraph/runtime/identity-keys.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import { ProductUpdated } from '@supergraph/schema/events/products.ts'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { createGraphQLClient, signIn } from '../testbed/graphql-client.ts'
import { freePorts } from '../testbed/ports.ts'
import { startProcess } from '../testbed/processes.ts'
import { embeddedVariables } from '../testbed/system/one-process.ts'
import { copyRepository } from './repository-copy.ts'

const root = join(import.meta.dirname, '..')
const copy = copyRepository(root)
const waiting = { timeout: 60_000 }
const productId = demoProductId('MUG-STONE-350')

// n.b. Compiling the whole copy takes long if the machine has other work.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

beforeAll(async () => {
  copy.follow(readFileSync(join(root, 'docs/add-a-service.md'), 'utf8'))
  await copy.run('npm', 'install', '--package-lock-only', '--offline', '--ignore-scripts', '--no-audit')
  copy.linkWorkspaces()
  await copy.runNode('commands/schema/compose.ts')
  await copy.runNode('commands/schema/codegen.ts')
  await Promise.all([
    copy.runNode('commands/client/generate.ts'),
    copy.runNode('commands/schema/asyncapi.ts'),
    copy.runNode('commands/map/map.ts'),
    copy.runNode('commands/privacy/privacy.ts'),
    copy.runNode('commands/settings/settings.ts'),
  ])
})

afterAll(() => rm(copy.folder, { recursive: true, force: true }))

it('takes the files that docs/add-a-service.md names, and no others', async () => {
  const { stdout } = await copy.run('git', 'status', '--porcelain')
  expect(stdout.split('\n').filter(line => line !== '')).toEqual([
    ' M client/generated/possible-types.ts',
    ' M console/generated/system.json',
    ' M deploy/observability/prometheus.compose.yml',
    ' M docker-compose.yml',
    ' M docs/map.md',
    ' M docs/privacy.md',
    ' M docs/settings.md',
    ' M package-lock.json',
    ' M rover.yaml',
    ' M schema/api.graphql',
    ' M schema/supergraph.graphql',
    ' M services.ts',
    '?? subgraphs/reviews/',
  ])
})

it('passes the checks, and the tests that hold every service to the table of services', async () => {
  const unitTests = ['run', '--project', 'unit', '--testTimeout', '60000']
  const proofs = [
    'services.test.ts',
    'deploy',
    'embedded',
    'gateway/supergraph.test.ts',
    'commands/schema/asyncapi',
  ]
  await Promise.all([
    copy.runNode('node_modules/@biomejs/biome/bin/biome', 'ci', 'subgraphs/reviews', 'services.ts'),
    copy.runNode('node_modules/typescript/bin/tsc', '--noEmit', '--checkers', '1'),
    copy.runNode('node_modules/vitest/vitest.mjs', ...unitTests, ...proofs),
  ])
})

it('answers through the gateway in one process, and follows events', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'supergraph-reviews-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const [port] = await freePorts(1)
  const variables = { ...(await embeddedVariables(directory)), REVIEWS_PORT: String(port) }
  const system = startProcess([join(copy.folder, 'start.ts')], variables)
  onTestFinished(async () => void (await system.end('SIGTERM')))
  await system.waitFor(/Ctrl-C/)
  const url = `http://127.0.0.1:${variables.PORT}/graphql`

  expect(await readReviews(url)).toEqual([{ rating: 5, text: 'Keeps the coffee warm.' }])
  const staff = await signIn(url, { email: 'staff@example.com', password: 'supergraph-demo' })
  const archive = readFileSync(join(root, 'schema/operations/archive-product.graphql'), 'utf8')
  const { data } = await staff.ask(archive, { input: { productId } })
  expect(data.archiveProduct.product.id).toBe(productId)
  await expect.poll(() => readReviews(url), waiting).toEqual([])
})

const broker = brokerUrl()

it.skipIf(broker === undefined)(
  'answers as a process of its own, and follows events of the broker',
  async () => {
    const { namespace, drop } = createTestNamespace(broker ?? '', ['reviews.on-product-updated'])
    onTestFinished(drop)
    const { keys, issuers } = await createIdentityKeys(['gateway', 'orders'])
    const [productsPort, reviewsPort, gatewayPort] = await freePorts(3)
    const urlOf = (port: number | undefined) => `http://127.0.0.1:${port}/graphql`
    const startService = async (folder: string, port: number | undefined, settings: object) => {
      const started = startProcess([join(copy.folder, folder, 'main.ts')], {
        ...settings,
        PORT: String(port),
        RABBITMQ_URL: broker ?? '',
        RABBITMQ_NAMESPACE: namespace,
      })
      onTestFinished(async () => void (await started.end('SIGTERM')))
      await started.waitFor(/listens/)
    }
    const startSubgraph = async (folder: string, port: number | undefined) => {
      const database = await createTestDatabase()
      onTestFinished(database.drop)
      const settings = { DATABASE_URL: database.url, IDENTITY_ISSUERS: issuers, DEMO_DATA: 'true' }
      await startService(folder, port, settings)
    }
    await Promise.all([
      startSubgraph('subgraphs/products', productsPort),
      startSubgraph('subgraphs/reviews', reviewsPort),
      startService('gateway', gatewayPort, {
        IDENTITY_KEY: keys.gateway,
        PRODUCTS_URL: urlOf(productsPort),
        REVIEWS_URL: urlOf(reviewsPort),
      }),
    ])

    expect(await readReviews(urlOf(gatewayPort))).toHaveLength(1)
    const transport = await connectRabbitMq({
      url: broker ?? '',
      namespace,
      logger: createLogger('test', 'silent'),
    })
    onTestFinished(() => transport.stop())
    await transport.publish(
      ProductUpdated.create({
        id: crypto.randomUUID(),
        subject: `catalogue/${productId}`,
        version: 2,
        occurredAt: new Date(),
        data: {
          productId,
          sku: 'MUG-STONE-350',
          name: 'Stoneware mug',
          category: null,
          price: { amountMinor: 1_800, currency: 'EUR' },
          isArchived: true,
        },
      }),
    )
    await expect.poll(() => readReviews(urlOf(gatewayPort)), waiting).toEqual([])
  },
)

const readReviews = async (url: string): Promise<unknown> => {
  const { data } = await createGraphQLClient(url).ask(
    '{ product(sku: "MUG-STONE-350") { reviews { rating text } } }',
  )
  return data.product.reviews
}
