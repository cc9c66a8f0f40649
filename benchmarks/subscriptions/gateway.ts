import { z } from 'zod'
import { startMeasuredGateway } from '../gateway/measured-gateway.ts'
import { readSettings, serveParent } from '../gateway/parent.ts'
import { readUse } from './use.ts'

const { supergraphSdl, ...settings } = z
  .object({ supergraphSdl: z.string(), identityKey: z.string(), jwksUrl: z.string() })
  .parse(readSettings())
const url = await startMeasuredGateway(supergraphSdl, settings, { SOCKETS_PER_ADDRESS: '20000' })
serveParent({ url }, readUse)
