import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isJoinerInPlace } from './joiner.ts'

/** What it is, the text, and how many of its joiners are in place. */
const TEXTS: readonly (readonly [what: string, text: string, inPlace: number])[] = [
  ['Persian, between letters', 'می\u200cخواهم', 1],
  ['Persian, behind a mark', 'نامه\u064e\u200cها', 1],
  ['Hindi, a half letter', 'क्\u200dष', 1],
  ['Hindi, a virama that shows', 'क्\u200cष', 1],
  ['Bengali, before the virama', 'র\u200d্য', 1],
  ['Malayalam, at the end of a word', 'അവന്\u200d', 1],
  ['Sinhala', 'ශ්\u200dරී', 1],
  ['Latin', 'pay\u200cpal', 0],
  ['Cyrillic', 'па\u200dл', 0],
  ['Hebrew', 'של\u200dום', 0],
  ['at the beginning', '\u200cمی', 0],
  ['at the end of a Persian word', 'می\u200c', 0],
  ['before a blank', 'می\u200c خواهم', 0],
  ['two in a row', 'می\u200c\u200cخواهم', 0],
  ['two in a row behind a virama', 'क्\u200d\u200dष', 0],
  ['between scripts', 'می\u200ca', 0],
  ['between scripts, the other way', 'a\u200cمی', 0],
  ['before an order of writing', 'می\u200c\u202eخ', 0],
  ['among digits of a number', '+1212\u200d5550117', 0],
  ['among Arabic digits', '۱\u200c۲', 0],
  ['a virama of no letter', '\u094d\u200d', 0],
  ['a family of emoji', '\u{1f468}\u200d\u{1f469}', 0],
]

test('a joiner is in place in words that are written with it, and nowhere else', () => {
  for (const [what, text, expected] of TEXTS) {
    const joiners = [...text.matchAll(/[\u200c\u200d]/g)]
    assert.ok(joiners.length > 0, what)
    assert.equal(joiners.filter(({ index }) => isJoinerInPlace(text, index)).length, expected, what)
  }
  assert.equal(isJoinerInPlace('می\u200cخواهم', 0), false, 'a letter is no joiner')
})
