/**
 * Whether the zero-width joiner or non-joiner (U+200D, U+200C) at that place of a text does what it is for: within a word of
 * Arabic or Syriac letters, as Persian has it, or at a virama or between letters of an Indic script. Anywhere else it only
 * makes two texts differ that look the same. RFC 5892, appendix A.
 */
export function isJoinerInPlace(text: string, at: number): boolean {
  IN_PLACE.lastIndex = at
  return IN_PLACE.test(text)
}

const ARABIC = String.raw`[\p{L}&&[\p{sc=Arabic}\p{sc=Syriac}]]`
const INDIC_SCRIPTS = [
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
]
const INDIC = String.raw`[\p{L}&&[${INDIC_SCRIPTS.map((script) => String.raw`\p{sc=${script}}`).join('')}]]`
const VIRAMA = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]`
const JOINER = String.raw`[\u200c\u200d]`
/** A letter may have marks; two joiners in a row are never in place, for none is a letter. */
const IN_PLACE = new RegExp(
  [
    `(?<=${ARABIC}\\p{Mn}{0,3})${JOINER}(?=${ARABIC})`,
    `(?<=${INDIC}\\p{M}?${VIRAMA})${JOINER}(?!${JOINER})`,
    `(?<=${INDIC}\\p{M}{0,2})${JOINER}(?=${INDIC}|${VIRAMA})`,
  ].join('|'),
  'vy',
)
