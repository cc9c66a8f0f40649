import { answerToAll, createHostRule } from '@supergraph/runtime/hosts.ts'
import { originOf, startHttp } from '@supergraph/runtime/http.ts'
import { type Running, startAll } from '@supergraph/runtime/lifecycle.ts'
import { createLogger } from '@supergraph/runtime/logger.ts'
import type { Environment } from './environment.ts'
import { openMessages } from './messages.ts'
import { createSite } from './site.ts'
import { startSmtp } from './smtp.ts'

/** Starts the mailbox: `url` is its page, `smtpUrl` the value of SMTP_URL for services that send to it. */
export const startMailbox = (
  environment: Environment,
): Promise<Running & { readonly url: string; readonly smtpUrl: string }> =>
  startAll(async use => {
    const { HOST: host, MAILBOX_PORT: port, MAILBOX_SMTP_PORT: smtpPort } = environment
    const logger = createLogger('mailbox', environment.LOG_LEVEL)
    const hostRule =
      environment.NODE_ENV === 'production' ? answerToAll : createHostRule(host, environment.ALLOWED_HOSTS)
    const messages = await openMessages(environment.MAILBOX_DIR)
    const http = use(
      await startHttp(createSite(messages, hostRule, logger), {
        host,
        port,
        portSetting: 'MAILBOX_PORT',
        service: 'mailbox',
      }),
    )
    const smtp = use(await startSmtp(messages, { host, port: smtpPort, logger }))
    const url = originOf(host, http.port)
    const smtpUrl = originOf(host, smtp.port).replace('http:', 'smtp:')
    logger.info({ url, smtpUrl }, 'mailbox listens')
    return { url, smtpUrl }
  })
