import { useState } from 'react'
import { type Annotation, annotate } from '#codec/notice/annotate.ts'
import { correctNotice } from '#codec/notice/correct.ts'
import { RULES, type RuleId } from '#codec/notice/rules.ts'
import { Message } from '#codec/sip/message.ts'
import { formatUtc } from '../parts/moment-words.ts'
import { Outside } from '../parts/outside.tsx'
import { Parties, kindOf } from './call-list.tsx'
import type { RefusedCall } from './read-input.ts'

/** One refused call: the verdict in words, whom to ask, each part of the answer, what is wrong with it, and how it should be. */
export function CallReport({ call }: { readonly call: RefusedCall }) {
  const message = new Message()
  message.read(call.octets)
  const { parts, missing, report } = annotate(message)
  return (
    <article>
      <h2 className="verdict">
        {VERDICTS[call.standing]} <span className={`badge ${TONES[call.standing]}`}>{kindOf(call)}</span>
      </h2>
      <dl className="facts">
        <dt>Who</dt>
        <dd>
          <Outside text={sentence(call.who)} />
        </dd>
        <dt>Why</dt>
        <dd>
          <Outside text={sentence(call.why)} />
        </dd>
        <dt>Call</dt>
        <dd>
          <Parties of={call} />
        </dd>
        {call.at !== undefined && (
          <>
            <dt>When</dt>
            <dd>
              <time dateTime={new Date(call.at).toISOString()} title={formatUtc(call.at)}>
                {new Date(call.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })}
              </time>
            </dd>
          </>
        )}
        {call.sender !== '' && (
          <>
            <dt>Way</dt>
            <dd>
              {call.sender} to {call.receiver}, packet {call.packet}
            </dd>
          </>
        )}
      </dl>
      <Contest call={call} />
      {call.damage.length > 0 && <Damages call={call} />}
      <h3>Part by part</h3>
      <Parts parts={parts} />
      {report.rules.length > 0 && <Findings rules={report.rules} missing={missing} />}
      <Corrected message={message} />
    </article>
  )
}

function Contest({ call: { contest, id } }: { readonly call: RefusedCall }) {
  const ways: readonly (readonly [string, string | undefined])[] = [
    ['Page', contest.url],
    ['Telephone', contest.tel],
    ['E-mail', contest.email],
    ['Signed card', contest.card],
    ['Its number for this call', id],
  ]
  const named = ways.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return (
    <div className={named.length === 0 ? 'panel' : 'panel good'}>
      <h3>Where to contest it</h3>
      {named.length === 0 ? (
        <p>The answer names nobody who can be asked. Ask your own provider which network answered.</p>
      ) : (
        <>
          <dl className="facts">
            {named.map(([name, value]) => (
              <div key={name} className="way">
                <dt>{name}</dt>
                <dd>
                  <code>
                    <Outside text={value} />
                  </code>{' '}
                  <Copy text={value} />
                </dd>
              </div>
            ))}
          </dl>
          <p className="soft">
            As the other network wrote it, and proved by nothing
            {contest.card !== undefined && ' until the card is verified'}. Look at the name of the host before you go
            there.
          </p>
        </>
      )}
    </div>
  )
}

function Damages({ call: { damage } }: { readonly call: RefusedCall }) {
  return (
    <div className="panel wait">
      <h3>Something was done to it on its way</h3>
      {damage.map(({ kind, sureness, text, cite, culprits }) => (
        <div key={kind}>
          <p>
            <strong>{sentence(sureness)}:</strong> <Outside text={text} /> <Cite text={cite} />
          </p>
          {culprits.length > 0 && (
            <ul>
              {culprits.slice(0, CULPRITS_SHOWN).map(({ product, does, remedy }) => (
                <li key={`${product} ${does}`}>
                  {product} {does}. {sentence(remedy)}
                </li>
              ))}
            </ul>
          )}
        </div>
      ))}
    </div>
  )
}

function Parts({ parts }: { readonly parts: readonly Annotation[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys
    <div className="table" tabIndex={0} role="region" aria-label="Parts of the answer">
      <table>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">As sent</th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ part, depth, text, means, cite, faults }, at) => (
            <tr key={at} className={`depth-${depth}${faults.some(isFault) ? ' faulty' : ''}`}>
              <th scope="row">
                <Outside text={part} max={60} />
              </th>
              <td>
                <code>
                  <Outside text={text} max={600} />
                </code>
              </td>
              <td>
                {means} <Cite text={cite} />
                {faults.map((rule) => (
                  <p key={rule} className={`finding ${RULES[rule].severity}`}>
                    <code>{rule}</code> {RULES[rule].text}
                  </p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Findings({ rules, missing }: { readonly rules: readonly RuleId[]; readonly missing: readonly RuleId[] }) {
  const sorted = rules.toSorted((one, other) => WEIGHTS[RULES[one].severity] - WEIGHTS[RULES[other].severity])
  return (
    <>
      <h3>{rules.some(isFault) ? 'What is wrong with it' : 'What the rules say of it'}</h3>
      <ul className="findings">
        {sorted.map((rule) => {
          const { severity, text, cite } = RULES[rule]
          return (
            <li key={rule} className={`finding ${severity}`}>
              <code>{rule}</code> <strong>{SEVERITIES[severity]}</strong> {text} <Cite text={cite} />
              {missing.includes(rule) && severity !== 'info' && (
                <span className="soft"> Of the answer as a whole.</span>
              )}
            </li>
          )
        })}
      </ul>
    </>
  )
}

function Corrected({ message }: { readonly message: Message }) {
  const correction = correctNotice(message)
  if (correction.kind === 'none' || correction.kind === 'right') return undefined
  if (correction.kind === 'incomplete')
    return (
      <>
        <h3>As it should have been</h3>
        <p>Too little is left to write it anew. Only the network that blocked can say:</p>
        <ul>
          {correction.needs.map((need) => (
            <li key={need}>{need}</li>
          ))}
        </ul>
      </>
    )
  const { status, phrase, fields } = correction.reply
  const text = [`SIP/2.0 ${status} ${phrase}`, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\n')
  return (
    <>
      <h3>As it should have been</h3>
      <p className="soft">
        For whoever writes it: the status line and what belongs to the notice. A network that only relays it must leave
        it as it is.
      </p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys */}
      <pre tabIndex={0} role="region" aria-label="The corrected notice">
        <Outside text={text} lines />
      </pre>
      <Copy text={text} />
    </>
  )
}

function Copy({ text }: { readonly text: string }) {
  const [isCopied, setIsCopied] = useState(false)
  return (
    <button
      type="button"
      className="copy"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setIsCopied(true),
          () => setIsCopied(false),
        )
      }}
    >
      {isCopied ? 'Copied' : 'Copy'}
    </button>
  )
}

function Cite({ text }: { readonly text: string }) {
  return <span className="cite">{text}</span>
}

function isFault(rule: RuleId): boolean {
  return RULES[rule].severity === 'error' || RULES[rule].severity === 'malformed'
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}

const CULPRITS_SHOWN = 3
const VERDICTS: { readonly [standing in RefusedCall['standing']]: string } = {
  proven: 'A network blocked this call.',
  unproven: 'Somebody refused this call, and nobody can tell who.',
  person: 'The person called refused this call.',
  fault: 'This call failed. It is no block by its code.',
}
const TONES: { readonly [standing in RefusedCall['standing']]: string } = {
  proven: 'bad',
  unproven: 'wait',
  person: '',
  fault: '',
}
const WEIGHTS = { malformed: 0, error: 1, warn: 2, info: 3 } as const
const SEVERITIES = { malformed: 'Broken.', error: 'Wrong.', warn: 'Doubtful.', info: 'Note.' } as const
