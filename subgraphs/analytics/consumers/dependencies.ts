import type { MessagingLogger, Transport } from '@supergraph/messaging/transport.ts'
import type { DataSource } from 'typeorm'

/** What every consumer here works with. */
export type ConsumerDependencies = {
  readonly dataSource: DataSource
  readonly transport: Transport
  readonly logger: MessagingLogger
}
