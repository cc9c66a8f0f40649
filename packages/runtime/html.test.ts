import { expect, it } from 'vitest'
import { html } from './html.ts'

it('escapes whatever is put into a text or an attribute', () => {
  const evil = `"><b>'&'</b>`
  const escaped = '&#34;&#62;&#60;b&#62;&#39;&#38;&#39;&#60;/b&#62;'
  expect(html`<a title="${evil}">${evil}</a>`.html).toBe(`<a title="${escaped}">${escaped}</a>`)
})

it('keeps HTML that was written with it, alone and in lists', () => {
  const items = ['a', '<'].map(item => html`<li>${item}</li>`)
  expect(html`<ul>${items}</ul>${html`<hr>`}`).toEqual({ html: '<ul><li>a</li><li>&#60;</li></ul><hr>' })
})
