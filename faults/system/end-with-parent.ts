// n.b. standard input ends when the parent process does, however it ended: kill -9 leaves nobody to end its children
process.stdin.on('error', () => {}).on('close', () => process.exit(1))
process.stdin.resume()
