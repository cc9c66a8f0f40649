import { expect, it } from 'vitest'
import { ResponseReader } from './response-reader.ts'

/** Reads a response that comes in pieces, in one place after the other as on a connection. */
const read = (pieces: readonly string[], isEnded = false) => {
  const place = Buffer.alloc(64 * 1024)
  const reader = new ResponseReader()
  const statuses: number[] = []
  let body = ''
  reader.expect({
    onHead: status => void statuses.push(status),
    onPart: part => {
      body += part.toString('latin1')
    },
  })
  let isWhole = false
  const take = (last: Buffer | undefined): void => {
    if (last === undefined) return
    expect(isWhole).toBe(false)
    isWhole = true
    body += last.toString('latin1')
  }
  for (const piece of pieces) take(reader.read(place.subarray(0, place.write(piece, 'latin1'))))
  if (isEnded) take(reader.end())
  return { statuses, body, isWhole, head: reader.head }
}

const splits = (text: string): readonly (readonly string[])[] => [
  [text],
  [...text],
  ...Array.from(text, (_, index) => [text.slice(0, index), text.slice(index)]),
]

const whole = {
  'of a known length':
    'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 11\r\n\r\nhello\r\n\r\nyo',
  'in chunks':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n\r\n\r\nyo\r\n0\r\n\r\n',
  'in chunks, with a trailer':
    'HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n00B\r\nhello\r\n\r\nyo\r\n0\r\ndigest: none\r\n\r\n',
  'after interim ones':
    'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:11\r\n\r\nhello\r\n\r\nyo',
}

it.each(Object.entries(whole))('reads a response %s, wherever it is cut into pieces', (_, text) => {
  for (const pieces of splits(text))
    expect(read(pieces)).toMatchObject({ statuses: [200], body: 'hello\r\n\r\nyo', isWhole: true })
})

it('reads a response that ends with its connection, and takes no other from it', () => {
  const pieces = ['HTTP/1.1 200 OK\r\n\r\nhel', 'lo']
  expect(read(pieces)).toMatchObject({ isWhole: false })
  expect(read(pieces, true)).toMatchObject({ body: 'hello', isWhole: true, head: { isKept: false } })
})

it.each([
  'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 5',
])('takes no response for whole whose connection ended before: %j', text => {
  expect(read([text], true)).toMatchObject({ isWhole: false })
})

it.each([204, 304])('waits for no body of a response with status %i', status => {
  expect(read([`HTTP/1.1 ${status} \r\ncontent-length: 5\r\n\r\n`])).toMatchObject({
    isWhole: true,
    body: '',
  })
})

it.each([
  ['keep-alive: timeout=5, max=100', { isKept: true, keptForMs: 5_000 }],
  ['x-none: 1', { isKept: true, keptForMs: undefined }],
  ['Connection: Close', { isKept: false }],
  ['Connection: close\r\nConnection: keep-alive', { isKept: false }],
])('tells how long the connection is kept: %s', (header, head) => {
  const text = `HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 0\r\n\r\n`
  expect(read([text])).toMatchObject({ isWhole: true, head })
})

it('keeps no connection to a server of HTTP/1.0', () => {
  expect(read(['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'])).toMatchObject({ head: { isKept: false } })
})

const withHead = (head: string) => `HTTP/1.1 200 OK\r\n${head}\r\n\r\n`

it.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['another version', 'HTTP/2 200\r\n\r\n'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a status that is none', 'HTTP/1.1 2OO OK\r\n\r\n'],
  ['a line without a name', withHead('content-length')],
  ['a line that goes on in the next one', withHead('content-length: 5\r\n 0')],
  ['a space after a name', withHead('content-length : 5')],
  ['two lengths', withHead('content-length: 5\r\ncontent-length: 6')],
  ['a length and chunks', withHead('content-length: 5\r\ntransfer-encoding: chunked')],
  ['a length that is no number', withHead('content-length: 0x5')],
  ['a length below nothing', withHead('content-length: -1')],
  ['another coding', withHead('transfer-encoding: gzip, chunked')],
  ['a chunk without a size', `${withHead('transfer-encoding: chunked')}x\r\n`],
  ['a chunk that is longer than it says', `${withHead('transfer-encoding: chunked')}1\r\nhello\r\n`],
  ['more than was asked for', `${withHead('content-length: 5')}helloHTTP/1.1 200 OK\r\n`],
  ['a head without an end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`],
  ['a line of chunks without an end', `${withHead('transfer-encoding: chunked')}5;${'x'.repeat(2_000)}`],
])('refuses a response that has %s', (_, text) => {
  expect(() => read([text])).toThrow()
  expect(() => read([...text])).toThrow()
})

it('refuses what comes when nothing was asked for', () => {
  expect(() => new ResponseReader().read(Buffer.from('HTTP/1.1 408 Timeout\r\n\r\n'))).toThrow()
})
