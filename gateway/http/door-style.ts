/** How the pages look that lead on from the gateway. */
export const doorStyle = `
  :root { color-scheme: light dark; font: 16px/1.55 system-ui, sans-serif; --line: light-dark(#e2e2dd, #32353b); --faint: light-dark(#5c5f65, #a6aab2); --accent: light-dark(#3451c7, #8ea6ff); --raised: light-dark(#fff, #1e2024) }
  body { margin: 0; background: light-dark(#fbfbfa, #16171a); color: light-dark(#1c1d1f, #e7e7e4) }
  main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; overflow-wrap: anywhere }
  header p, dt { color: var(--faint) }
  h1 { font-size: 1.7rem; letter-spacing: -0.02em; margin: 0 }
  header { margin-bottom: 2rem }
  header p { margin: 0.2rem 0 0 }
  h2 { font-size: 1.05rem; margin: 2rem 0 0.4rem }
  a { color: var(--accent); text-decoration: none }
  a:hover { text-decoration: underline }
  code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.88em }
  .doors { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem }
  article { padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: 10px; background: var(--raised) }
  article h2 { margin: 0 } article p { margin: 0.35rem 0 0 } article .more a { margin-right: 0.7rem; white-space: nowrap }
  dl { display: grid; grid-template-columns: 7rem 1fr; gap: 0.15rem 1rem; margin: 0.4rem 0 }
  dd { margin: 0 }
  .docs { columns: 17rem; column-gap: 2rem; margin: 0.4rem 0; padding: 0; list-style: none }
  #sandbox { display: none; height: 100vh; height: 100dvh }
  #sandbox iframe { width: 100%; height: 100%; border: none; background: white }
  .loaded main { display: none }
  .loaded #sandbox { display: block }
`
