const benchmarks = [
  'accounts',
  'capacity',
  'checkout',
  'console',
  'events',
  'gateway',
  'groupings',
  'identity',
  'scale',
  'schema',
  'search',
  'shop',
  'subscriptions',
  'tracing',
] as const

const help = `npm run bench -- NAME

Measures the system against a floor or a peer in the same run, and prints the ratio.
NAME is one of: ${benchmarks.join(', ')}`

const name = process.argv[2]
if (benchmarks.some(known => known === name)) await import(`./${name}.ts`)
else {
  console.log(help)
  if (name !== '--help') process.exitCode = 2
}
