/** What the doors over HTTP count. */
export type HttpFigures = { [name in HttpFigureName]: number }

export type HttpFigureName = keyof typeof HTTP_FIGURES

/** Each figure's name and its help text. */
export const HTTP_FIGURES = {
  screens: 'questions about a call over HTTP that were answered with a verdict',
  screenRepeats: 'of these, asked before by Call-ID and branch and answered the same again',
  screenUndecided: 'of these, answered continue because no verdict came, or too many questions waited',
  outcomes: 'outcomes of calls taken',
  outcomeRepeats: 'posts of outcomes taken before by their idempotency key, and not counted again',
  insideRepeats: 'requests to the inside sent again with their idempotency key, and answered as before',
  insideKeysDropped: 'idempotency keys of the inside forgotten before their time, for newer ones',
  refused: 'requests over HTTP answered with a problem',
  unauthorized: 'of these, without the token of a peer',
  cards: 'cards of 608 answers served for the receipt of a block',
  dummyCards: 'cards served for a reference that is no receipt, or none any more',
  pages: 'pages of the desk served',
  pagesLimited: 'requests for pages of the desk over the rate that is served',
  claims: 'cases and requests filed at the desk by page or by machine',
  overAddress: 'connections closed when they came: too many from one address',
  overAll: 'connections closed when they came: too many in all',
  idle: 'connections closed because no request came for long',
  cardsLimited: 'requests for cards over the rate that is served',
} as const

/** All figures at zero. */
export function noHttpFigures(): HttpFigures {
  return Object.fromEntries(Object.keys(HTTP_FIGURES).map((name) => [name, 0])) as HttpFigures
}
