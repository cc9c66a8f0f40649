import { Socket } from 'node:net'

// n.b. Standard input closes when the parent process ends, however that ended: after kill -9 nobody else ends its children.
process.stdin.on('error', () => {}).on('close', () => process.exit(1))
process.stdin.resume()
// n.b. A program that has finished must not wait for its parent.
if (process.stdin instanceof Socket) process.stdin.unref()
