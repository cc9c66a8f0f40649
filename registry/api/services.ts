import type { Logger } from '@supergraph/runtime/logger.ts'
import type { DataSource } from 'typeorm'
import type { Composer } from '../composer/composer.ts'
import type { VariantChanges } from '../variant-changes.ts'

/** What the APIs work with. */
export type Services = {
  readonly database: DataSource
  readonly composer: Composer
  readonly changes: VariantChanges
  /** Where people find the registry. */
  readonly publicUrl: string
  readonly logger: Logger
}
