import { asyncapiFiles } from './asyncapi-files.ts'
import { writeGenerated } from './generated-files.ts'

writeGenerated(asyncapiFiles(), { command: 'asyncapi' })
