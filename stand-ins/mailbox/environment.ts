import { parseEnvironment, port, processVariables, type Variables } from '@supergraph/runtime/environment.ts'
import { hostVariables } from '@supergraph/runtime/hosts.ts'
import { z } from 'zod'

/** The schema of the settings, each with what it is for. */
export const variables = z.object({
  ...processVariables,
  ...hostVariables,
  MAILBOX_PORT: port(4006).default(4006).describe('where people read the messages'),
  MAILBOX_SMTP_PORT: port(4025).default(4025).describe('where it takes e-mail'),
  MAILBOX_DIR: z
    .string()
    .optional()
    .describe('the folder that keeps the messages; without it they are in memory'),
})

/** The settings of the mailbox. */
export type Environment = z.output<typeof variables>

/** Reads the settings; throws an EnvironmentError that names every mistake. */
export const readEnvironment = (source: Variables = process.env): Environment =>
  parseEnvironment('mailbox', variables, source)
