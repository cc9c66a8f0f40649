import { domainToASCII } from 'node:url'
import { describe, expect, it } from 'vitest'
import { emailAddress } from './email-address.ts'

const a = (count: number) => 'a'.repeat(count)

describe('an e-mail address is taken as browsers and mail servers take it', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    [' Ada@Example.COM ', 'ada@example.com'],
    ['h&m.fan@example.com', 'h&m.fan@example.com'],
    ["o'neil@example.com", "o'neil@example.com"],
    ["!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"],
    ['ada+shop@example.com', 'ada+shop@example.com'],
    ['a..b@docomo.example', 'a..b@docomo.example'],
    ['ada@localhost', 'ada@localhost'],
    ['1@2.example', '1@2.example'],
    ['ada@mail.example.museum', 'ada@mail.example.museum'],
    ['ada@example.xn--p1ai', 'ada@example.xn--p1ai'],
    [`${a(64)}@example.com`, `${a(64)}@example.com`],
    [`a@${a(63)}.com`, `a@${a(63)}.com`],
    [`${a(64)}@${[a(63), a(63), a(57)].join('.')}.com`, `${a(64)}@${[a(63), a(63), a(57)].join('.')}.com`],
    ['info@käse.de', 'info@xn--kse-qla.de'],
    ['info@KÄSE.DE', 'info@xn--kse-qla.de'],
    ['info@ka\u0308se.de', 'info@xn--kse-qla.de'],
    ['info@xn--kse-qla.de', 'info@xn--kse-qla.de'],
    ['info@XN--KSE-QLA.de', 'info@xn--kse-qla.de'],
    ['info@straße.de', 'info@xn--strae-oqa.de'],
    ['info@例え。テスト', 'info@xn--r8jz45g.xn--zckzah'],
    ['info@ｅｘａｍｐｌｅ．com', 'info@example.com'],
    ['info@ex\u00ADample.com', 'info@example.com'],
    ['info@\u212Aite.example', 'info@kite.example'],
    ['info@İstanbul.example', `info@${domainToASCII('i̇stanbul.example')}`],
    ['info@💩.example', 'info@xn--ls8h.example'],
    ['jürgen@müller.example', 'jürgen@xn--mller-kva.example'],
    ['JÜRGEN@MÜLLER.EXAMPLE', 'jürgen@xn--mller-kva.example'],
    ['ju\u0308rgen@xn--mller-kva.example', 'jürgen@xn--mller-kva.example'],
    ['STRAUẞ@example.com', 'strauß@example.com'],
    ['ΟΔΥΣΣΕΑΣ@example.com', 'οδυσσεας@example.com'],
    ['анна+shop@example.com', 'анна+shop@example.com'],
    ['anna.петрова@example.com', 'anna.петрова@example.com'],
    ['用户@例え.テスト', '用户@xn--r8jz45g.xn--zckzah'],
    ['ユーザー@example.com', 'ユーザー@example.com'],
    ['สมคำ@example.com', 'สมคำ@example.com'],
    ['प्रिया@example.com', 'प्रिया@example.com'],
    ['محمد٣@example.com', 'محمد٣@example.com'],
    [`${'ü'.repeat(32)}@example.com`, `${'ü'.repeat(32)}@example.com`],
  ])('%s', (text, canonical) => {
    expect(emailAddress.parse(text).canonical).toBe(canonical)
  })
})

it.each([
  ['Info@KÄSE.de', 'info@käse.de'],
  ['Info@XN--KSE-QLA.DE', 'info@xn--kse-qla.de'],
  ['info@ｅｘａｍｐｌｅ．com', 'info@example.com'],
])('shows %s as its owner writes it', (text, shown) => {
  expect(emailAddress.parse(text).shown).toBe(shown)
})

it('keeps the mailboxes apart that mail servers keep apart', () => {
  const written = ['strauss@example.com', 'strauß@example.com', 'jurgen@example.com', 'jürgen@example.com']
  expect(new Set(written.map(text => emailAddress.parse(text).canonical)).size).toBe(written.length)
})

it('keeps the domains apart that only look alike', () => {
  const [latin, cyrillic] = ['ada@ace.com', 'ada@асе.com'].map(text => emailAddress.parse(text).canonical)
  expect(latin).not.toBe(cyrillic)
})

describe('what is no e-mail address is refused with the reason', () => {
  const example = /such as ada@example\.com/
  it.each([
    ['', example],
    ['ada', example],
    ['@example.com', example],
    ['ada@', example],
    ['ada @example.com', example],
    ['ada@exam ple.com', example],
    ['ada@example.com.', example],
    ['ada@.example.com', example],
    ['ada@example..com', example],
    ['ada@-example.com', example],
    ['ada@example-.com', example],
    ['ada@exam_ple.com', example],
    ['ada@@example.com', example],
    ['"ada lovelace"@example.com', example],
    ['"ada"@example.com', example],
    ['Ada <ada@example.com>', example],
    ['ada@example.com,eve@example.com', example],
    ['ada@example.com\r\nBcc: eve@example.com', example],
    ['ada\u0000@example.com', example],
    ['ada(comment)@example.com', example],
    ['ada@[192.0.2.1]', example],
    ['ada@[IPv6:2001:db8::1]', example],
    ['ada@192.0.2.1', example],
    ['ada@1.2', example],
    ['ada@0x7f.1', example],
    ['ada@käse.de/evil', example],
    ['ada@käse.de:25', example],
    ['ada@käse.de?x', example],
    ['ada@k%C3%A4se.de', example],
    ['ada@xn--a.de', example],
    ['ada@xn--.de', example],
    ['ada@xn--example-.com', example],
    ['ada@xn--zz--.de', example],
    ['ada@℀.com', example],
    ['ada@а\u0070ple.com', /letters of one alphabet/],
    ['ada@xn--pple-43d.com', /letters of one alphabet/],
    ['ada@shop.g\u03bfogle.com', /letters of one alphabet/],
    ['ada@a\u200Db.com', example],
    ['ada@\ud800.com', example],
    [`ada@${a(64)}.com`, example],
    [`ada@${'ü'.repeat(60)}.de`, example],
    [`${a(65)}@example.com`, /at most 64 characters before the @/],
    [`${a(64)}@${[a(63), a(63), a(58)].join('.')}.com`, /at most 254 characters/],
    [`${'ü'.repeat(33)}@example.com`, /at most 64 characters before the @/],
    ['ka💩@example.com', /letters: "💩" is none/],
    ['ka“se”@example.com', /letters: "“" is none/],
    ['a.\u0308b@example.com', /letters: "\u0308" is none/],
    ['İbrahim@example.com', /only look alike/],
    ['\u212Aate@example.com', /only look alike/],
    ['аda@example.com', /only look alike/],
    ['ada.lоvelace+x@example.com', /only look alike/],
    ['ａda@example.com', /only look alike/],
    ['\uFB01n@example.com', /only look alike/],
    ['ada²@example.com', /letters: "²" is none/],
    ['用 户@example.com', example],
    ['a\u200Bda@example.com', example],
    ['\ud800a@example.com', example],
  ])('%j', (text, message) => {
    expect(emailAddress.safeParse(text).error?.issues[0]?.message).toMatch(message)
  })
})
