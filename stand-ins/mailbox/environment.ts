import { parseEnvironment, port, processVariables, type Variables } from '@supergraph/runtime/environment.ts'
import { hostVariables } from '@supergraph/runtime/hosts.ts'
import { z } from 'zod'

const variables = z.object({
  ...processVariables,
  ...hostVariables,
  MAILBOX_PORT: port(4006).default(4006),
  MAILBOX_SMTP_PORT: port(4025).default(4025),
  /** The folder that keeps the messages; without it they are in memory. */
  MAILBOX_DIR: z.string().optional(),
})

/** The settings of the mailbox. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('mailbox', variables, source)
