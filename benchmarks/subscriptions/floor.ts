import { serveParent } from '../gateway/parent.ts'
import { startPublisher } from './events.ts'
import { answerText } from './graph.ts'
import { startSubscribers } from './subscribers.ts'
import { readUse } from './use.ts'

// n.b. as little as can be done: the text is there, and each subscriber gets it
const { url, sendAll } = await startSubscribers()
const publishUrl = await startPublisher(event => sendAll(answerText(event)))
serveParent({ url, publishUrl }, readUse)
