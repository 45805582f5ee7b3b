import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import { StatusWord, type Tone } from '../../parts/status-word.tsx'
import { SettingsFrame } from './settings-frame.tsx'

/** Receipt keys, certificates and signing keys: what ends when, where it lies, and how it is renewed. */
export function KeysPage() {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => get('/v1/gate/keys', { signal }),
    refetchInterval: 60_000,
  })
  return (
    <SettingsFrame
      title="Keys and certificates"
      words={data === undefined ? 'What ends when, where it lies, and how it is renewed.' : verdictOf(data)}
      acts={
        data !== undefined && (
          <ExportMenu ways={[{ label: 'JSON', name: 'keys.json', make: async () => jsonOf(data) }]} />
        )
      }
    >
      {data === undefined ? (
        <PageState isLoading={isPending} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <>
          <Certificates of={data.certificates} />
          <Receipts of={data.receipts} />
          <Signing of={data.signing} />
          <Text c="dimmed" size="sm" mt="lg">
            Private keys stay in their files: nothing that is sent here holds one. Back up the folder of receipt keys
            and the signing keys together with the store.
          </Text>
        </>
      )}
    </SettingsFrame>
  )
}

/** In one sentence, what wants somebody. */
function verdictOf({ certificates, receipts }: Keys): string {
  const over = certificates.filter(({ standing }) => standing === 'expired' || standing === 'early')
  const soon = certificates.filter(({ standing }) => ['1 day', '7 days', '30 days'].includes(standing))
  const waiting = certificates.filter(({ disk }) => disk !== 'same')
  const said = [
    ...(over.length === 0 ? [] : [`${counted(over.length, 'certificate is', 'certificates are')} not valid now`]),
    ...(soon.length === 0 ? [] : [`${counted(soon.length, 'certificate ends', 'certificates end')} within 30 days`]),
    ...(waiting.length === 0
      ? []
      : [`${counted(waiting.length, 'file holds', 'files hold')} something else than is in force`]),
    ...(receipts.why === '' ? [] : ['the receipt keys cannot be read']),
  ]
  if (said.length === 0) {
    return certificates.length === 0 ? 'No certificate is used here.' : 'No certificate ends within 30 days.'
  }
  const text = said.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function Certificates({ of }: { readonly of: Keys['certificates'] }) {
  return (
    <Part title="Certificates">
      {of.length === 0 ? (
        <Text c="dimmed">
          None: the gate takes calls over UDP and TCP, and its pages are in clear text or behind a proxy, whose
          certificate is the proxy’s to renew.
        </Text>
      ) : (
        <PlainList>
          {of.map((one) => (
            <li key={`${one.key} ${one.serial} ${one.subject}`}>
              <Certificate of={one} />
            </li>
          ))}
        </PlainList>
      )}
    </Part>
  )
}

function Certificate({ of }: { readonly of: Keys['certificates'][number] }) {
  const { key, use, standing, daysLeft, subject, issuer, names, serial, from, until, file, keyFile, disk, renew } = of
  const [words, tone] = standingWords(standing, daysLeft)
  return (
    <>
      <Text mb={6}>
        <StatusWord tone={tone}>{words}</StatusWord> <strong>{use}</strong>{' '}
        <Text span inherit c="dimmed">
          {key}
        </Text>
      </Text>
      <Facts
        of={[
          ['Subject', <Outside text={subject === '' ? 'None' : subject} max={300} />],
          ['Names', names.length === 0 ? undefined : <Outside text={names.join(', ')} max={600} />],
          ['Issued by', <Outside text={issuer} max={300} />],
          ['Serial', <code>{serial}</code>],
          [
            'Valid',
            <>
              <Moment at={from} /> to <Moment at={until} as="both" />
            </>,
          ],
          ['File', file && <Place text={file} />],
          ['Private key', keyFile && <Place text={keyFile} />],
          ['On disk', DISK_WORDS[disk]],
          ['To renew', tone === 'good' && disk === 'same' ? renew : <strong>{renew}</strong>],
        ]}
      />
    </>
  )
}

function Receipts({ of: { folder, keepDays, rotateDays, keys, why } }: { readonly of: Keys['receipts'] }) {
  return (
    <Part title="Receipt keys">
      <Text size="sm" mb="xs">
        A receipt in a notice is sealed by a key. The key is replaced by itself after {rotateDays} days, and opens
        receipts for {keepDays} days more; then it is deleted, and its receipts say nothing any more. There is nothing
        to renew. They lie in <Place text={folder} /> (receipts.keys).
      </Text>
      {why !== '' && (
        <Text role="alert">
          <StatusWord tone="bad">cannot be read</StatusWord> <Outside text={why} max={400} />
        </Text>
      )}
      <PlainList>
        {keys.map(({ slot, file, madeAt, isSealing, until }) => (
          <li key={slot}>
            <StatusWord tone={isSealing ? 'good' : 'quiet'}>
              {isSealing ? 'Seals new receipts' : 'Only opens old ones'}
            </StatusWord>{' '}
            <strong>Slot {slot}</strong>, made <Moment at={madeAt} as="both" />
            {until !== undefined && (
              <>
                ; {isSealing ? 'replaced about' : 'deleted about'} <Moment at={until} as="both" />
              </>
            )}
            <br />
            <Place text={file} />
          </li>
        ))}
      </PlainList>
    </Part>
  )
}

function Signing({ of }: { readonly of: Keys['signing'] }) {
  return (
    <Part title="Signing keys">
      <PlainList>
        {of.map(({ use, file, name, why, renew }) => (
          <li key={file}>
            <strong>{use}</strong>
            <Facts
              of={[
                [
                  'Name',
                  name === undefined ? (
                    why
                  ) : (
                    <>
                      <code>{name}</code> <CopyButton text={name} what="the name of the key" />
                    </>
                  ),
                ],
                ['File', <Place text={file} />],
                ['To replace', renew],
              ]}
            />
          </li>
        ))}
      </PlainList>
    </Part>
  )
}

function Place({ text }: { readonly text: string }) {
  return (
    <code>
      <Outside text={text} max={400} />
    </code>
  )
}

type Keys = AnswerOf<'get', '/v1/gate/keys'>
type Standing = Keys['certificates'][number]['standing']

/** How near its end is, in words: it wants somebody within 30 days, and at once within 7. */
function standingWords(standing: Standing, daysLeft: number): readonly [words: string, tone: Tone] {
  if (standing === 'expired') return [`Expired ${counted(-daysLeft, 'day', 'days')} ago`, 'bad']
  if (standing === 'early') return ['Not valid yet', 'bad']
  const left = daysLeft === 0 ? 'Ends today' : `${counted(daysLeft, 'day', 'days')} left`
  if (standing === 'good') return [left, 'good']
  return standing === '30 days' ? [`${left}: renew it`, 'wait'] : [`${left}: renew it now`, 'bad']
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

const DISK_WORDS: { readonly [disk in Keys['certificates'][number]['disk']]: string | undefined } = {
  same: 'The file holds what is in force',
  other: 'The file holds another certificate than is in force: it waits to be taken',
  unreadable: 'The file cannot be read any more: the one in force goes on until the next start',
  none: 'The file holds no certificate any more: the one in force goes on until the next start',
}
