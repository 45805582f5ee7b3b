/** What asking outside services counts. */
export type ScoreFigures = { [name in ScoreFigureName]: number }

export type ScoreFigureName = keyof typeof SCORE_FIGURES

/** Each figure's name and its help text. */
export const SCORE_FIGURES = {
  asked: 'questions sent to outside services that rate calls',
  cached: 'scores that were known from a call before',
  shared: 'scores that came with the answer to another call’s question',
  late: 'scores that came too late: no opinion',
  failed: 'answers of outside services that were none',
  leftAlone: 'questions not asked because the service has failed too often',
  crowded: 'questions not asked because too many waited already',
} as const

/** All figures at zero. */
export function noScoreFigures(): ScoreFigures {
  return Object.fromEntries(Object.keys(SCORE_FIGURES).map((name) => [name, 0])) as ScoreFigures
}
