import { useState } from 'preact/hooks'
import { html } from './html.ts'

/** The event by which pages hear that the colours are others now. */
export const themeChanged = 'themechanged'

const themes = ['light dark', 'light', 'dark'] as const
const themeNames = { 'light dark': 'Auto', light: 'Light', dark: 'Dark' } as const

/** Switches between the colours of the system, light and dark ones; the browser keeps the choice. */
export const ThemeSwitch = () => {
  const [theme, setTheme] = useState(
    () => themes.find(known => known === localStorage.getItem('theme')) ?? themes[0],
  )
  document.documentElement.style.colorScheme = theme
  const change = () => {
    const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? themes[0]
    localStorage.setItem('theme', next)
    setTheme(next)
    requestAnimationFrame(() => dispatchEvent(new Event(themeChanged)))
  }
  return html`<button class="quiet" title="Colours" onClick=${change}>${themeNames[theme]}</button>`
}
