import { registerHooks } from 'node:module'

const replaced = '@supergraph/subgraph/serve.ts'
const replacement = new URL('./serve.ts', import.meta.url).href

// n.b. Services import what serves a subgraph by this name; in a process that starts with this hook they get the stock one.
registerHooks({
  resolve: (specifier, context, next) => next(specifier === replaced ? replacement : specifier, context),
})
