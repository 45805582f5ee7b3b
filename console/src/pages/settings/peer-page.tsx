import { Anchor, Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { PeerTest } from './peer-test.tsx'
import { TestDialog } from './peer-test-dialog.tsx'
import { testWords } from './peer-words.ts'
import { SettingsFrame } from './settings-frame.tsx'

/** One peer: what was agreed with it, and whether it does what the gate says. */
export function PeerPage() {
  const { name = '' } = useParams({ strict: false })
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['peers', 'one', name],
    queryFn: ({ signal }) => get('/v1/gate/peers/{name}', { params: { name }, signal }),
    refetchInterval: 10_000,
  })
  const [isStarting, setStarting] = useState(false)
  useShortcuts(
    'On this page',
    data === undefined ? [] : [{ keys: 't', words: 'Test this peer', run: () => setStarting(true) }],
  )
  const problem = asProblem(error)
  return (
    <SettingsFrame
      title={<Outside text={name} max={80} />}
      name={name}
      up={{ to: '/settings/peers', label: 'Peers' }}
      acts={
        data !== undefined && (
          <>
            <ExportMenu ways={[{ label: 'JSON', name: 'peer.json', make: async () => jsonOf(data) }]} />
            <Button onClick={() => setStarting(true)}>Test this peer</Button>
          </>
        )
      }
    >
      {data !== undefined ? (
        <Peer key={data.name} peer={data} />
      ) : problem?.kind === 'not-found' ? (
        <PageState
          empty={{ title: 'The running gate has no such peer', words: 'Peers are read from the configuration.' }}
        />
      ) : (
        <PageState isLoading={isPending} failed={problem} again={() => void refetch()} />
      )}
      {data !== undefined && <TestDialog peer={data} isOpen={isStarting} close={() => setStarting(false)} />}
    </SettingsFrame>
  )
}

function Peer({ peer }: { readonly peer: Found }) {
  const filters = useFilters()
  const chosen = filters.get('test') ?? peer.tests[0]?.id
  const others = peer.tests.filter(({ id }) => id !== chosen)
  const { calls, blocked, last, since, busy } = peer
  return (
    <>
      {busy !== undefined && busy.peer !== peer.name && (
        <p role="status">
          <Anchor component={Link} to={`/settings/peers/${encodeURIComponent(busy.peer)}`}>
            <Outside text={busy.peer} max={64} />
          </Anchor>{' '}
          is being tested: one test is run at a time.
        </p>
      )}
      {chosen !== undefined && <PeerTest key={chosen} id={chosen} />}
      <Part title="Calls">
        <Facts
          of={[
            ['Last call', last === undefined ? 'None yet' : <Moment at={last} as="both" />],
            ['Screened', calls.toLocaleString('en')],
            [
              'Blocked',
              calls === 0 ? '0' : `${blocked.toLocaleString('en')} (${((100 * blocked) / calls).toFixed(1)} %)`,
            ],
            ['Counted since', since && <Moment at={since} as="both" />],
          ]}
        />
        {blocked > 0 && (
          <Anchor component={Link} to={`/blocks?peer=${encodeURIComponent(peer.name)}`} display="inline-block" mt={6}>
            Its blocked calls
          </Anchor>
        )}
      </Part>
      <Agreed peer={peer} />
      {others.length > 0 && (
        <Part title="Earlier tests">
          <PlainList>
            {others.map((test) => {
              const [words, tone] = testWords(test)
              return (
                <li key={test.id}>
                  <Anchor component="button" type="button" onClick={() => filters.set({ test: test.id })}>
                    <Moment at={test.at} />
                  </Anchor>{' '}
                  <StatusWord tone={tone}>{words}</StatusWord> by <Outside text={test.by} max={80} />
                </li>
              )
            })}
          </PlainList>
        </Part>
      )}
    </>
  )
}

function Agreed({ peer }: { readonly peer: Found }) {
  const { from, certificates, hasToken, continueStatus, continueContact, tenant, tenantAt, trunkAt } = peer
  const shown = (texts: readonly string[]) =>
    texts.length === 0 ? undefined : <Outside text={texts.join(', ')} max={2_000} />
  return (
    <Part title="What was agreed">
      <Facts
        of={[
          ['Asks from', shown(from) ?? 'No address: it is known otherwise'],
          ['Certificate', shown(certificates)],
          ['Over HTTP', hasToken ? 'It may ask, by its token' : 'It may not ask'],
          [
            'To continue',
            continueContact === undefined ? (
              `It is told ${continueStatus}`
            ) : (
              <>
                It is told {continueStatus}, to <Outside text={continueContact} max={200} />
              </>
            ),
          ],
          ['Trunk', shown(trunkAt) ?? 'tgrp or trgp in the Request-URI, else otg in From'],
          ['Tenant', tenant === '' ? shown(tenantAt) : <Outside text={tenant} max={100} />],
          ['Is told the verdict', peer.tellsVerdict && <Outside text={peer.tellsVerdict} max={80} />],
          ['Is told labels', peer.tellsLabel && <Outside text={peer.tellsLabel} max={80} />],
          [
            'Signatures',
            peer.verstat === 'trust'
              ? 'What it says of the caller’s signature (verstat, attestation) is believed'
              : 'What it says of the caller’s signature is not believed',
          ],
          ['Announcements', peer.announces ? 'It plays them itself to callers whom a 608 does not reach' : undefined],
          ['Connections', `Up to ${peer.connectionsMax} from one address, over TCP and TLS`],
          [
            'In overload',
            peer.answersOverload ? 'It is told 503 with Retry-After' : 'Its newest calls continue unjudged',
          ],
          ['The gate', shown(peer.listening)],
        ]}
      />
    </Part>
  )
}

type Found = AnswerOf<'get', '/v1/gate/peers/{name}'>
