// One thing: what there is to go by in a case, from what its claimant says to what the ledger has.
import { Anchor, Button, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { urlOf } from '../../client.ts'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Part } from '../../parts/part.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import type { CaseAnswer, EvidenceAnswer } from './case-steps.ts'
import { PROOF_WORDS, STATUS_TONES, STATUS_WORDS, WISH_WORDS, countOf, scopeWords } from './case-words.ts'
import classes from './cases.module.css'

/** Who contests what, and why. */
export function Claim({ found }: { readonly found: CaseAnswer }) {
  const { claim, request } = found
  const { claimant } = claim
  return (
    <Part title={request === undefined ? 'What the claimant says' : 'What the subscriber asks for'}>
      {request !== undefined && (
        <p className={classes['said']}>
          {WISH_WORDS[request.wants]} <PhoneNumber of={request.number} />
          {request.caller !== undefined && (
            <>
              , calls of{' '}
              {request.caller === 'withheld' ? 'all that hide their number' : <PhoneNumber of={request.caller} />}
            </>
          )}
          .{' '}
          <span className={request.isVouched ? undefined : classes['wait']}>
            {request.isVouched ? 'The portal vouched for who asks.' : 'Nobody vouched for who asks: check first.'}
          </span>
        </p>
      )}
      {claim.purpose !== '' && (
        <p className={classes['said']}>
          <Outside text={claim.purpose} lines />
        </p>
      )}
      <Facts
        of={[
          ['Changed since', claim.changed === '' ? undefined : <Outside text={claim.changed} lines />],
          [
            'Who',
            <>
              <Outside text={claimant.name} max={200} />
              {claimant.organisation !== undefined && (
                <>
                  , <Outside text={claimant.organisation} max={200} />
                </>
              )}
              {claimant.acts === 'for-a-customer' && ', a provider that speaks for a customer'}
            </>,
          ],
          [
            'Mail',
            claimant.email === undefined ? 'None: tell by telephone' : <Outside text={claimant.email} max={254} />,
          ],
          ['Telephone', claimant.tel === undefined ? undefined : <PhoneNumber of={claimant.tel} />],
          ['Told to', claim.webhook === undefined ? undefined : <Outside text={claim.webhook} max={300} />],
        ]}
      />
    </Part>
  )
}

/** Each number: whose it was shown to be, and who is registered with it. */
export function Numbers({
  found,
  evidence,
}: {
  readonly found: CaseAnswer
  readonly evidence: EvidenceAnswer | undefined
}) {
  const [isAll, setAll] = useState(false)
  const { numbers, proofs, unproven, challenges } = found
  if (numbers.length === 0) return undefined
  const isUnproven = new Set(unproven)
  const shown = isAll ? numbers : numbers.slice(0, NUMBERS_SHOWN)
  return (
    <Part title={countOf(numbers.length, 'contested number')}>
      <ul className={classes['list']}>
        {shown.map((number) => {
          const proof = proofs.find((one) => (one.number === number || one.number === '') && one.strength === 'full')
          const hint = proofs.find((one) => one.number === number && one.strength === 'hint')
          const holders = evidence?.registered.filter((one) => one.number === number) ?? []
          return (
            <li key={number}>
              <PhoneNumber of={number} />{' '}
              {proof === undefined ? (
                <Text span inherit c="dimmed">
                  {hint === undefined ? 'Control not shown' : `A hint, no proof: ${hint.detail}`}
                </Text>
              ) : (
                <span className={isUnproven.has(number) ? undefined : classes['good']}>
                  Control shown {PROOF_WORDS[proof.way]}, <Moment at={proof.at} as="away" />.{' '}
                  <Text span inherit c="dimmed">
                    <Outside text={proof.detail} max={300} />
                  </Text>
                </span>
              )}
              {holders.map(({ registration, name }) => (
                <div key={registration}>
                  Registered to{' '}
                  <Anchor component={Link} to={`/registry/${registration}`} underline="always">
                    <Outside text={name} max={120} />
                  </Anchor>
                </div>
              ))}
            </li>
          )
        })}
      </ul>
      {numbers.length > shown.length && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
          Show all {numbers.length.toLocaleString('en')}
        </Button>
      )}
      {challenges.map(({ number, dial, until }) => (
        <Text key={dial} size="sm" mt="xs">
          To dial from <PhoneNumber of={number} />: <PhoneNumber of={dial} />, until <Moment at={until} />.
        </Text>
      ))}
    </Part>
  )
}

/** The blocks, with what was crossed, and what the policy in force would say today. */
export function Blocks({ evidence }: { readonly evidence: EvidenceAnswer }) {
  const { blocks, calls, standing } = evidence
  return (
    <>
      <Part title={blocks.length === 0 ? 'No block is named' : countOf(blocks.length, 'block')}>
        {blocks.length === 0 && (
          <Text c="dimmed" size="sm">
            The claim names numbers only. The calls below are those that were screened.
          </Text>
        )}
        <ul className={classes['list']}>
          {blocks.map((block) => (
            <li key={block.receipt} className={classes['block']}>
              <div>
                <PhoneNumber of={block.calling} /> to{' '}
                {block.called === '' ? 'a number that was erased' : <PhoneNumber of={block.called} />},{' '}
                <Moment at={block.at} as="both" />
              </div>
              {block.grounds !== '' && (
                <div className={classes['grounds']}>
                  <Outside text={block.grounds} max={600} />
                </div>
              )}
              <Text size="sm" c="dimmed">
                {block.rule !== '' && (
                  <>
                    Rule <Outside text={block.rule} max={64} />
                    {block.policy !== undefined && ` of policy ${block.policy}`}, {block.program}.{' '}
                  </>
                )}
                {block.attestation === '' || block.attestation === 'none'
                  ? 'Not signed.'
                  : `Signed ${block.attestation}.`}
                {block.isReleased && ' The call went on after all.'}
              </Text>
              <div>
                Today: <Today today={block.today} />
              </div>
              <Anchor component={Link} to={`/blocks/${block.receipt}`} size="sm">
                The block whole
              </Anchor>
            </li>
          ))}
        </ul>
      </Part>
      <Calls calls={calls} />
      {standing.length > 0 && (
        <Part title="In force at the gates now">
          <ul className={classes['list']}>
            {standing.map((fact) => (
              <li key={fact.id}>
                {STANDING_WORDS[fact.kind]}{' '}
                <Outside text={fact.scope === undefined ? (fact.called ?? '') : scopeWords(fact.scope)} max={120} />
                {fact.rule !== undefined && (
                  <>
                    , for rule <Outside text={fact.rule} max={64} /> only
                  </>
                )}
                {fact.attestation !== undefined && `, signed ${fact.attestation} at least`}
                {fact.until === undefined ? ', without an end' : ', until '}
                {fact.until !== undefined && <Moment at={fact.until} />}
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  )
}

/** Files of a stranger: to be saved, never shown here. */
export function Files({ found }: { readonly found: CaseAnswer }) {
  if (found.evidence.length === 0) return undefined
  return (
    <Part title={countOf(found.evidence.length, 'file')}>
      <Text c="dimmed" size="sm" mb="xs">
        A stranger made them. They are saved and never opened here.
      </Text>
      <ul className={classes['list']}>
        {found.evidence.map(({ id, name, type, octets, hash }) => (
          <li key={id} className={classes['file']}>
            <span>
              <Outside text={name} max={200} />{' '}
              <Text span inherit c="dimmed" title={`SHA-256 ${hash}`}>
                <Outside text={type} max={80} />, {sizeOf(octets)}
              </Text>
            </span>
            <Anchor href={urlOf('/v1/cases/{id}/evidence/{file}', { params: { id: found.case, file: id } })} download>
              Save
            </Anchor>
          </li>
        ))}
      </ul>
    </Part>
  )
}

/** Cases as lines that lead to them. */
export function CaseLines({ cases }: { readonly cases: EvidenceAnswer['earlier'] }) {
  return (
    <ul className={classes['list']}>
      {cases.map((one) => (
        <li key={one.case}>
          <Anchor component={Link} to={`/cases/${one.case}`}>
            <Outside text={one.claimant} max={120} />
          </Anchor>{' '}
          <StatusWord tone={STATUS_TONES[one.status]}>{STATUS_WORDS[one.status]}</StatusWord>{' '}
          <Text span inherit c="dimmed">
            {countOf(one.numberCount, 'number')}, opened <Moment at={one.opened} />
          </Text>
        </li>
      ))}
    </ul>
  )
}

function Calls({ calls }: Pick<EvidenceAnswer, 'calls'>) {
  const [isAll, setAll] = useState(false)
  if (calls.length === 0) return undefined
  const shown = isAll ? calls : calls.slice(0, CALLS_SHOWN)
  return (
    <Part title={`${countOf(calls.length, 'screened call')} of these numbers`}>
      <div className={classes['callsPlace']}>
        <table className={classes['calls']}>
          <thead>
            <tr>
              <th>When</th>
              <th>From</th>
              <th>To</th>
              <th>Signed</th>
              <th>Verdict</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((call, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- calls of one millisecond have no better names
              <tr key={`${call.at} ${call.called} ${at}`}>
                <td>
                  <Moment at={call.at} />
                </td>
                <td>
                  <PhoneNumber of={call.calling} />
                </td>
                <td>
                  <PhoneNumber of={call.called} />
                </td>
                <td>
                  {call.attestation === '' || call.attestation === 'none' ? (
                    'No'
                  ) : (
                    <Outside text={call.attestation} max={12} />
                  )}
                </td>
                <td>
                  {VERDICT_WORDS[call.verdict]}
                  {call.rule !== '' && (
                    <Text span inherit c="dimmed">
                      {' '}
                      <Outside text={call.rule} max={64} />
                    </Text>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {calls.length > shown.length && (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setAll(true)}>
          Show all {calls.length.toLocaleString('en')}
        </Button>
      )}
    </Part>
  )
}

function Today({ today }: { readonly today: EvidenceAnswer['blocks'][number]['today'] }) {
  if (today.kind === 'allow') return <span>the policy would let it through.</span>
  if (today.kind === 'unknown')
    return (
      <Text span inherit c="dimmed">
        cannot be said: <Outside text={today.why ?? ''} max={300} />
      </Text>
    )
  return (
    <span>
      {today.isLifted === true ? 'a lift of its number is in force; without it the call' : 'it'} would be blocked again,
      by <Outside text={today.rule ?? ''} max={64} />
      {today.grounds !== undefined && today.grounds !== '' && (
        <>
          : <Outside text={today.grounds} max={300} />
        </>
      )}
    </span>
  )
}

function sizeOf(octets: number): string {
  if (octets < 1_000) return `${octets} bytes`
  if (octets < 1_000_000) return `${Math.round(octets / 1_000)} kB`
  return `${(octets / 1_000_000).toFixed(1)} MB`
}

const VERDICT_WORDS = {
  allow: 'Let through',
  block: 'Blocked',
  treat: 'Treated',
  shadow: 'Watched',
  exempt: 'Exempt',
} as const
const STANDING_WORDS = {
  lift: 'No rule of analytics blocks',
  registered: 'Registered:',
  refuses: 'Refused for',
  accepts: 'Let through for',
  'opted-out': 'No rule of analytics blocks calls to',
} as const
const NUMBERS_SHOWN = 12
const CALLS_SHOWN = 12
