import type { AnswerOf } from '../../client.ts'
import type { Tone } from '../../parts/status-word.tsx'

export type Test = AnswerOf<'get', '/v1/gate/peer-tests/{id}'>

/** How a test stands, or what it found, in one or two words. */
export function testWords({ state, finding }: Pick<Test, 'state' | 'finding'>): readonly [words: string, tone: Tone] {
  if (finding !== undefined) return FINDINGS[finding]
  return STATES[state]
}

/** Whether a step is as it should be; undefined where it is neither. */
export function isRight({ kind, call, isSo }: Test['steps'][number]): boolean | undefined {
  if (isSo === undefined) return undefined
  return kind === 'asked' ? isSo : isSo === (call === 'allow')
}

const FINDINGS: { readonly [finding in NonNullable<Test['finding']>]: readonly [string, Tone] } = {
  right: ['Right', 'good'],
  inverted: ['The wrong way round', 'bad'],
  'blocks-go-on': ['Blocks go on', 'bad'],
  'nothing-goes-on': ['Nothing goes on', 'bad'],
  'not-asked': ['Did not ask', 'bad'],
  'asked-about-one': ['Asked about one', 'bad'],
}
const STATES: { readonly [state in Test['state']]: readonly [string, Tone] } = {
  running: ['Running', 'wait'],
  done: ['Done', 'quiet'],
  failed: ['Could not be run', 'wait'],
  cancelled: ['Cancelled', 'quiet'],
}
