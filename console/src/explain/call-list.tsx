import type { Reading, RefusedCall } from './read-input.ts'
import { formatUtc } from '../parts/moment-words.ts'
import { Outside } from '../parts/outside.tsx'

/** The refused calls of a capture; the chosen one is explained below. The whole list goes by Tab and the arrow keys. */
export function CallList({ reading: { calls, left }, chosen, onChoose }: CallListProps) {
  return (
    <div className="calls">
      <h2>
        {calls.length}
        {left > 0 && ` of ${calls.length + left}`} refused calls
      </h2>
      <p className="soft">{tallyOf(calls)}</p>
      <div className="list" role="radiogroup" aria-label="Refused calls">
        {calls.map((call, at) => (
          <label key={at} className={at === chosen ? 'call chosen' : 'call'}>
            <input type="radio" name="call" checked={at === chosen} onChange={() => onChoose(at)} />
            <span className="status">{call.status}</span>
            <span className="who">
              <Parties of={call} max={60} />
            </span>
            <span className="kind">
              {kindOf(call)}
              {call.at !== undefined && (
                <time dateTime={new Date(call.at).toISOString()} title={formatUtc(call.at)}>
                  {timeOf(call.at)}
                </time>
              )}
            </span>
          </label>
        ))}
      </div>
      {left > 0 && <p className="soft">The others are not kept here: `recourse explain` lists them all.</p>}
    </div>
  )
}

/** Who called whom; an answer need not say. */
export function Parties({ of: { from, to }, max }: { readonly of: RefusedCall; readonly max?: number | undefined }) {
  if (from === '' && to === '') return 'The answer names neither caller nor called party'
  return (
    <>
      {from === '' ? 'nobody named' : <Outside text={from} {...(max !== undefined && { max })} />} to{' '}
      {to === '' ? 'nobody named' : <Outside text={to} {...(max !== undefined && { max })} />}
    </>
  )
}

/** What a refusal is, in a word or two. */
export function kindOf({ standing, damage, class: kind }: RefusedCall): string {
  if (damage.length > 0) return 'damaged notice'
  if (kind === '603+') return 'blocked by a network'
  if (kind === '608') return 'blocked on the way'
  if (standing === 'person') return 'unwanted by the person called'
  if (standing === 'unproven') return 'nobody can tell'
  return 'no block by its code'
}

function tallyOf(calls: readonly RefusedCall[]): string {
  const tally = new Map<string, number>()
  for (const call of calls) tally.set(kindOf(call), (tally.get(kindOf(call)) ?? 0) + 1)
  return [...tally].map(([kind, count]) => `${count} ${kind}`).join(', ')
}

function timeOf(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })
}

type CallListProps = {
  readonly reading: Reading
  readonly chosen: number
  readonly onChoose: (at: number) => void
}
