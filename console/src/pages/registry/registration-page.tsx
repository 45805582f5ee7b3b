// One thing: a business that registers: what it says of itself, what was looked at, its numbers, and what is decided about it.
import { Alert, Anchor, Button, Text, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { urlOf } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { Columns, Part } from '../../parts/part.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay, useSession } from '../../shell/session.ts'
import { RegistrationActs } from './registration-acts.tsx'
import { CheckDialog, SettleDialog, type Vet, registrationQuery, useVet } from './registration-dialogs.tsx'
import {
  ITEM_WORDS,
  OUTCOME_WORDS,
  PROOF_STATES,
  PROOF_TONES,
  type RegistrationAnswer,
  STATUS_TONES,
  STATUS_WORDS,
  spanWords,
} from './registry-words.ts'
import classes from './registry.module.css'

/** One business, vetted without leaving the page. */
export function RegistrationPage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    ...registrationQuery(id),
    refetchInterval: LOOK_AGAIN_MS,
  })
  if (data === undefined)
    return (
      <Page title="Registration" up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  return <Registration key={id} found={data} />
}

function Registration({ found }: { readonly found: RegistrationAnswer }) {
  const { business, status, refusal, question, until } = found
  const vet = useVet(found, useSession().name)
  return (
    <Page
      title={
        <>
          <Outside text={business.legalName} max={160} />{' '}
          <StatusWord tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusWord>
        </>
      }
      name={business.legalName}
      up={UP}
      words={
        <>
          Asked for {WAY_WORDS.get(found.way) ?? found.way}, <Moment at={found.openedAt} as="both" />.{' '}
          {until !== undefined && (
            <>
              {status === 'approved' ? 'Approved until ' : 'Its time: '}
              <Moment at={until} />
              {found.approvedBy !== undefined && (
                <>
                  , by <Outside text={found.approvedBy} max={64} />
                </>
              )}
              .
            </>
          )}
          {!found.isConfirmed && ' Its mail address is not confirmed yet.'}
        </>
      }
      acts={<RegistrationActs found={found} vet={vet} />}
    >
      <div role="status">
        {vet.done !== undefined && (
          <Alert mb="md" className={classes['done'] ?? ''}>
            {vet.done}
          </Alert>
        )}
      </div>
      <Meanwhile vet={vet} />
      <Columns>
        <div>
          <Part title="What it says of itself">
            <p className={classes['said']}>
              <Outside text={business.purpose} lines />
            </p>
            <Facts
              of={[
                ['Contact', <Outside text={business.contact} max={200} />],
                ['Mail', <Outside text={business.email} max={254} />],
                ['Telephone', business.tel === undefined ? undefined : <PhoneNumber of={business.tel} />],
                ['Web site', <Outside text={business.site} max={300} />],
                ['Calls a day', business.callsPerDay.toLocaleString('en')],
                ['Provider', <Outside text={business.provider} max={200} />],
              ]}
            />
          </Part>
          {question !== undefined && (
            <Part title="We asked">
              <p className={classes['said']}>
                <Outside text={question} lines />
              </p>
            </Part>
          )}
          {refusal !== undefined && (
            <Part title={status === 'suspended' ? 'Why it is suspended' : 'Why it was refused'}>
              <ul className={classes['list']}>
                {refusal.reasons.map((reason) => (
                  <li key={reason}>
                    <Outside text={reason} lines />
                  </li>
                ))}
              </ul>
              <Text size="sm">
                What may be done: <Outside text={refusal.next} lines />
              </Text>
            </Part>
          )}
          <Conflicts found={found} vet={vet} />
          <Numbers found={found} />
          <Files found={found} />
        </div>
        <div>
          <Checklist found={found} vet={vet} />
          <Events found={found} vet={vet} />
        </div>
      </Columns>
    </Page>
  )
}

/** What somebody else did while this page was looked at. */
function Meanwhile({ vet }: { readonly vet: Vet }) {
  if (vet.meanwhile.length === 0) return undefined
  return (
    <Alert mb="md" role="alert" title="Something happened meanwhile" className={classes['meanwhile'] ?? ''}>
      <ol className={classes['history']}>
        {vet.meanwhile.map((event) => (
          <li key={event.seq} className={classes['event']} data-way={event.actor.kind}>
            <EventWords event={event} />
          </li>
        ))}
      </ol>
      <Text size="sm" mb="xs">
        Nothing that you typed is lost. What you do now is done on how the registration stands now.
      </Text>
      <Button size="compact-sm" variant="default" onClick={vet.look}>
        I have seen it
      </Button>
    </Alert>
  )
}

function Checklist({ found, vet }: PartProps) {
  const mayVet = useMay('registry.vet')
  const left = found.checklist.filter(({ outcome }) => outcome === undefined || outcome === 'failed').length
  return (
    <section className={classes['decide']}>
      <Part
        title="Checklist"
        act={
          mayVet && left > 0 ? (
            <Button size="compact-sm" variant="default" onClick={() => vet.check(undefined)}>
              Look at the next
            </Button>
          ) : undefined
        }
      >
        <Text size="sm" c="dimmed" mb="xs" role="status">
          {left === 0
            ? 'All was looked at, and nothing failed.'
            : `${left} of ${found.checklist.length} ${left === 1 ? 'keeps' : 'keep'} it from being approved.`}
        </Text>
        <ul className={classes['list']} aria-label="Checklist">
          {found.checklist.map(({ item, asks, outcome, reason, by, at }) => (
            <li key={item}>
              <div className={classes['row']}>
                <strong>{ITEM_WORDS[item]}</strong>
                <span>
                  {outcome === undefined ? (
                    <Text span size="sm" c="dimmed">
                      Not looked at
                    </Text>
                  ) : (
                    <StatusWord tone={outcome === 'failed' ? 'bad' : outcome === 'passed' ? 'good' : 'quiet'}>
                      {OUTCOME_WORDS[outcome]}
                    </StatusWord>
                  )}
                  {mayVet && (
                    <UnstyledButton
                      className={classes['wrong']}
                      aria-label={`Note on ${ITEM_WORDS[item].toLowerCase()}`}
                      onClick={() => vet.check(item)}
                    >
                      Note…
                    </UnstyledButton>
                  )}
                </span>
              </div>
              <Text size="sm" c="dimmed">
                {asks.charAt(0).toUpperCase() + asks.slice(1)}.
              </Text>
              {reason !== undefined && (
                <Text size="sm">
                  <Outside text={reason} max={600} />{' '}
                  {by !== undefined && at !== undefined && (
                    <Text span inherit c="dimmed">
                      by <Outside text={by} max={64} />, <Moment at={at} />
                    </Text>
                  )}
                </Text>
              )}
            </li>
          ))}
        </ul>
      </Part>
      {vet.checking !== undefined && <CheckDialog found={found} vet={vet} />}
      {vet.settling !== undefined && <SettleDialog found={found} vet={vet} />}
    </section>
  )
}

function Conflicts({ found, vet }: PartProps) {
  const mayVet = useMay('registry.vet')
  if (found.disputes.length === 0) return undefined
  return (
    <Part
      title={found.disputes.length === 1 ? '1 conflict' : `${found.disputes.length.toLocaleString('en')} conflicts`}
    >
      <ul className={classes['list']} aria-label="Conflicts">
        {found.disputes.map((dispute) => (
          <li key={`${spanWords(dispute.span)} ${dispute.by}`}>
            <div className={classes['row']}>
              <span>
                <Span of={spanWords(dispute.span)} />{' '}
                <StatusWord tone={dispute.level === 'proof' ? 'bad' : 'quiet'}>
                  {dispute.level === 'proof' ? 'Both have shown control' : 'Claimed twice'}
                </StatusWord>
              </span>
              {mayVet && (
                <UnstyledButton
                  className={classes['wrong']}
                  aria-label={`Settle whose ${spanWords(dispute.span)} is`}
                  onClick={() => vet.settle(dispute)}
                >
                  Settle…
                </UnstyledButton>
              )}
            </div>
            <Text size="sm" c="dimmed">
              {dispute.level === 'proof'
                ? 'Registered for neither until it is settled. '
                : 'Nothing changes for the one who shows control. '}
              Since <Moment at={dispute.since} />.{' '}
              <Anchor component={Link} to={`/registry/${dispute.by}`} inherit underline="always">
                The other registration
              </Anchor>
            </Text>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Numbers({ found }: { readonly found: RegistrationAnswer }) {
  const [shown, setShown] = useState(NUMBERS_SHOWN)
  const { numbers, counts, registered } = found
  const isRegistered = registered.length > 0
  return (
    <Part title={`${counts.numbers.toLocaleString('en')} ${counts.numbers === 1 ? 'number' : 'numbers'}`}>
      <Text size="sm" c="dimmed" mb="xs">
        {isRegistered
          ? `Gates are told of ${registered.length.toLocaleString('en')} ${registered.length === 1 ? 'line' : 'lines'}: approved, shown and in no conflict.`
          : 'Gates are told of none of them now.'}
      </Text>
      <table className={classes['numbers']}>
        <thead>
          <tr>
            <th>Numbers</th>
            <th>For</th>
            <th>Control</th>
            <th>Until</th>
          </tr>
        </thead>
        <tbody>
          {numbers.slice(0, shown).map((line) => (
            <tr key={line.numbers}>
              <td>
                <Span of={line.numbers} />
              </td>
              <td>
                <Outside text={line.label} max={120} />
              </td>
              <td>
                <StatusWord tone={PROOF_TONES[line.proof]}>{PROOF_STATES[line.proof]}</StatusWord>
              </td>
              <td className={classes['day']}>{line.until}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {numbers.length > shown && (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setShown(shown + NUMBERS_MORE)}>
          Show {Math.min(NUMBERS_MORE, numbers.length - shown)} more of {numbers.length.toLocaleString('en')}
        </Button>
      )}
    </Part>
  )
}

function Files({ found }: { readonly found: RegistrationAnswer }) {
  if (found.evidence.length === 0) return undefined
  return (
    <Part title={found.evidence.length === 1 ? '1 file' : `${found.evidence.length} files`}>
      <Text c="dimmed" size="sm" mb="xs">
        A stranger made them. They are saved and never opened here.
      </Text>
      <ul className={classes['list']}>
        {found.evidence.map(({ id, name, type, octets, hash }) => (
          <li key={id} className={classes['row']}>
            <span>
              <Outside text={name} max={200} />{' '}
              <Text span inherit c="dimmed" title={`SHA-256 ${hash}`}>
                <Outside text={type} max={80} />, {octets.toLocaleString('en')} bytes
              </Text>
            </span>
            <Anchor
              href={urlOf('/v1/registry/registrations/{id}/evidence/{file}', { params: { id: found.id, file: id } })}
              download
            >
              Save
            </Anchor>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Events({ found, vet }: PartProps) {
  const mayVet = useMay('registry.vet')
  return (
    <Part title="Events">
      <ol className={classes['history']}>
        {found.events.toReversed().map((event) => (
          <li key={event.seq} className={classes['event']} data-way={event.actor.kind}>
            <EventWords event={event}>
              {mayVet && event.kind !== 'opened' && event.kind !== 'corrected' && (
                <UnstyledButton
                  className={classes['wrong']}
                  aria-label={`Event ${event.seq} was wrong`}
                  onClick={() => vet.correct(event.seq)}
                >
                  Was wrong…
                </UnstyledButton>
              )}
            </EventWords>
          </li>
        ))}
      </ol>
    </Part>
  )
}

function EventWords({ event, children }: { readonly event: EventAnswer; readonly children?: ReactNode }) {
  const { at, actor, words } = event
  return (
    <>
      <div className={classes['row']}>
        <Text size="sm" c="dimmed">
          <Outside
            text={actor.kind === 'worker' ? (actor.name ?? '') : actor.kind === 'holder' ? 'The holder' : 'Recourse'}
            max={80}
          />
          , <Moment at={at} as="both" />
        </Text>
        {children}
      </div>
      <Outside text={words.charAt(0).toUpperCase() + words.slice(1)} lines />
    </>
  )
}

type EventAnswer = RegistrationAnswer['events'][number]
type PartProps = { readonly found: RegistrationAnswer; readonly vet: Vet }

/** A number, or the first and last of a range. */
function Span({ of }: { readonly of: string }) {
  const [first = '', last] = of.split('..')
  return (
    <>
      <PhoneNumber of={first} />
      {last !== undefined && (
        <>
          {' to '}
          <PhoneNumber of={last} />
        </>
      )}
    </>
  )
}

const WAY_WORDS: ReadonlyMap<string, string> = new Map([
  ['page', 'on the page of the desk'],
  ['api', 'by a machine'],
  ['telephone', 'by telephone'],
  ['mail', 'by mail'],
  ['letter', 'by letter'],
  ['command', 'at the command line'],
])
const UP = { to: '/registry', label: 'Registry' }
const LOOK_AGAIN_MS = 15_000
const NUMBERS_SHOWN = 25
const NUMBERS_MORE = 200
