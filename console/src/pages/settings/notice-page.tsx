// One thing: how blocked callers are told: the settings in force, what a change of them would make of an answer, and the lines to write.
import { Anchor, Button, Checkbox, NativeSelect, SimpleGrid, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { annotate } from '#codec/notice/annotate.ts'
import { emailFaults, telFaults, urlFaults } from '#codec/notice/contact.ts'
import { BLOCK_LOCATIONS } from '#codec/notice/notice.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { NOTICE_CHOICES, PROFILES, noticeChoices } from '#core/notify/notice-choices.ts'
import { formatNoticeLines } from '#core/notify/notice-lines.ts'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { type NoticePreview, SAMPLE_ASK, previewNotice } from '#core/notify/preview-notice.ts'
import { CAUSES, type Cause } from '#core/rules/verdict.ts'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { CAUSE_WORDS } from '../../parts/cause-words.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { NoticeFindings, NoticeParts, Wire } from '../../parts/notice-parts.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Columns, Part } from '../../parts/part.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { SettingsFrame } from './settings-frame.tsx'

/** How blocked callers are told, to the octet; changes are tried here and written elsewhere. */
export function NoticePage() {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['notice'],
    queryFn: ({ signal }) => get('/v1/gate/notice', { signal }),
  })
  return (
    <SettingsFrame
      title="Notice"
      words="What a blocked caller is told, to the octet. Try a change here: nothing of it is saved or in force until its lines stand in a file or in the policy."
      acts={
        data !== undefined && (
          <ExportMenu ways={[{ label: 'JSON', name: 'notice.json', make: async () => jsonOf(data) }]} />
        )
      }
    >
      {data === undefined ? (
        <PageState isLoading={isPending} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <Workbench inForce={data} />
      )}
    </SettingsFrame>
  )
}

function Workbench({ inForce }: { readonly inForce: InForce }) {
  const standing = useMemo(() => draftOf(inForce), [inForce])
  const [changed, setChanged] = useState<Draft>()
  const draft = changed ?? standing
  const change = (more: Partial<Draft>): void => setChanged({ ...draft, ...more })
  const settings = settingsOf(draft)
  const before = formatNoticeLines(settingsOf(standing))
  const after = formatNoticeLines(settings)
  const isChanged = before.operator !== after.operator || before.policy !== after.policy
  useShortcuts(
    'On this page',
    isChanged ? [{ keys: 'u', words: 'Undo all changes', run: () => setChanged(undefined) }] : [],
  )
  return (
    <Columns>
      <div>
        <Contact draft={draft} change={change} inForce={inForce} />
        <Told draft={draft} change={change} inForce={inForce} />
      </div>
      <div>
        <Preview settings={settings} isChanged={isChanged} undo={() => setChanged(undefined)} />
        <Lines before={before} after={after} inForce={inForce} isRefused={isRefused(settings)} />
      </div>
    </Columns>
  )
}

function Contact({ draft, change, inForce }: FormProps) {
  const { url, tel, email, location } = draft
  return (
    <Part title="Whom a caller may ask">
      <Text size="sm" c="dimmed" mb="sm">
        Keys operator.contact and operator.location of the configuration.
        {inForce.desk !== undefined && (
          <>
            {' '}
            With a desk, a 603+ that carries its receipt in the url leads to <Outside
              text={inForce.desk}
              max={120}
            />{' '}
            (desk.public) instead of this page.
          </>
        )}
      </Text>
      <TextInput
        label="Page (url)"
        placeholder="https://redress.example.net"
        maxLength={512}
        value={url}
        error={faultsOf(url, urlFaults)}
        onChange={({ currentTarget }) => change({ url: currentTarget.value })}
        mb="sm"
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} mb="sm">
        <TextInput
          label="Telephone (tel)"
          placeholder="+18005550142"
          maxLength={32}
          value={tel}
          error={faultsOf(tel, telFaults)}
          onChange={({ currentTarget }) => change({ tel: currentTarget.value })}
        />
        <TextInput
          label="Mail (email)"
          placeholder="unblock@example.net"
          maxLength={254}
          value={email}
          error={faultsOf(email, emailFaults)}
          onChange={({ currentTarget }) => change({ email: currentTarget.value })}
        />
      </SimpleGrid>
      <NativeSelect
        label="Where the call is blocked (location)"
        data={BLOCK_LOCATIONS.map((value) => ({ value, label: `${value}: ${LOCATION_WORDS[value]}` }))}
        value={location}
        onChange={({ currentTarget }) => {
          const next = BLOCK_LOCATIONS.find((one) => one === currentTarget.value)
          if (next !== undefined) change({ location: next })
        }}
      />
    </Part>
  )
}

function Told({ draft, change, inForce }: FormProps) {
  const { profile, choices, form, carry, announce } = draft
  return (
    <Part title="How each cause is told">
      <Text size="sm" c="dimmed" mb="sm">
        Keys notices, form, carry and announce of the policy. Phrases and the words of a Reason are the standard’s:
        nobody chooses them.
      </Text>
      <NativeSelect
        label="Whose rules hold (profile)"
        data={PROFILES.map((value) => ({ value, label: PROFILE_WORDS[value] }))}
        value={profile}
        onChange={({ currentTarget }) => {
          const next = PROFILES.find((one) => one === currentTarget.value) ?? 'us'
          change({ profile: next, choices: noticeChoices(next) })
        }}
        mb="sm"
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} mb="sm">
        {CAUSES.map((cause) => (
          <NativeSelect
            key={cause}
            label={CAUSE_WORDS[cause] ?? cause}
            data={[...NOTICE_CHOICES[profile][cause]]}
            value={choices[cause]}
            onChange={({ currentTarget }) => {
              const next = NOTICE_CHOICES[profile][cause].find((one) => one === currentTarget.value)
              if (next !== undefined) change({ choices: { ...choices, [cause]: next } })
            }}
          />
        ))}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NativeSelect
          label="Form of a 603+ (form)"
          data={FORMS.map((value) => ({ value, label: value === 'SIP' ? 'SIP;cause=603' : 'Q.850;cause=21' }))}
          value={form}
          onChange={({ currentTarget }) => change({ form: currentTarget.value === 'Q.850' ? 'Q.850' : 'SIP' })}
        />
        <NativeSelect
          label="Where its receipt stands (carry)"
          data={CARRIES.map((value) => ({ value, label: CARRY_WORDS[value] }))}
          value={carry}
          onChange={({ currentTarget }) => {
            const next = CARRIES.find((one) => one === currentTarget.value)
            if (next !== undefined) change({ carry: next })
          }}
        />
        {inForce.treatments.length > 0 && (
          <NativeSelect
            label="Announcement where a 608 is not known (announce)"
            data={[{ value: '', label: 'None' }, ...inForce.treatments.map((value) => ({ value, label: value }))]}
            value={announce ?? ''}
            onChange={({ currentTarget }) => change({ announce: currentTarget.value || undefined })}
          />
        )}
      </SimpleGrid>
    </Part>
  )
}

function Preview({ settings, isChanged, undo }: PreviewProps) {
  const [cause, setCause] = useState<Cause>('analytics')
  const [knowsRejected, setKnows] = useState(false)
  const [isWithheld, setWithheld] = useState(false)
  const preview = previewNotice(settings, { cause, knowsRejected, isWithheld })
  return (
    <Part
      title="What the caller gets"
      act={
        isChanged ? (
          <Button variant="default" size="compact-sm" onClick={undo}>
            Undo all changes
          </Button>
        ) : undefined
      }
    >
      <NativeSelect
        label="A call blocked by"
        data={CAUSES.map((value) => ({ value, label: CAUSE_WORDS[value] ?? value }))}
        value={cause}
        onChange={({ currentTarget }) => {
          const next = CAUSES.find((one) => one === currentTarget.value)
          if (next !== undefined) setCause(next)
        }}
        mb="xs"
      />
      {settings.choices[cause] === '608' && (
        <Checkbox
          label="Its way back knows 608"
          checked={knowsRejected}
          onChange={({ currentTarget }) => setKnows(currentTarget.checked)}
          mb="xs"
        />
      )}
      {cause === 'called-party' && (
        <Checkbox
          label="The caller withholds the number"
          checked={isWithheld}
          onChange={({ currentTarget }) => setWithheld(currentTarget.checked)}
          mb="xs"
        />
      )}
      <div role="status">
        <StatusWord tone={isChanged ? 'wait' : 'good'}>{isChanged ? 'Tried out, not in force' : 'In force'}</StatusWord>
      </div>
      <Shown preview={preview} />
    </Part>
  )
}

function Shown({ preview }: { readonly preview: NoticePreview }) {
  if (preview.kind === 'refused')
    return (
      <div role="alert">
        <Text fw={600} mt="sm">
          A gate would refuse this
        </Text>
        <ul>
          {preview.faults.map((fault) => (
            <li key={fault}>
              <Outside text={fault} max={600} />
            </li>
          ))}
        </ul>
      </div>
    )
  if (preview.kind === 'untold')
    return <Text mt="sm">No rule in force blocks so, and without a contact none may: nobody could be asked.</Text>
  if (preview.kind === 'announced')
    return (
      <Text mt="sm">
        The switch is sent to the treatment <Outside text={preview.treatment} max={64} /> by 302: the caller hears an
        announcement there, because a 608 would not reach him.
      </Text>
    )
  const text = new TextDecoder().decode(preview.octets)
  const { parts, report } = annotate(parseMessage(preview.octets))
  const own = parts.filter(({ part }) => !COPIED.has(part))
  return (
    <>
      <Wire text={text} label="The answer, octet for octet" />
      <Text size="sm" c="dimmed" mb="sm">
        {preview.octets.length} octets <CopyButton text={text} what="the answer" /> Via, From, To, Call-ID and CSeq are
        those of each call
        {text.includes(SAMPLE_ASK.receipt) && '; the receipt is a made-up one of the same length'}.
      </Text>
      {report.rules.length === 0 ? (
        <Text size="sm" mb={4}>
          <StatusWord tone="good">no finding</StatusWord> The linter has nothing to say against it.
        </Text>
      ) : (
        <NoticeFindings of={report.rules} />
      )}
      <NoticeParts of={own} />
    </>
  )
}

/** The lines that bring a change into force, where they belong, and when they count. */
function Lines({ before, after, inForce, isRefused }: LinesProps) {
  const { files, reload } = inForce
  const operator = before.operator === after.operator ? undefined : `operator:\n${indent(after.operator)}`
  const policy = before.policy === after.policy ? undefined : after.policy
  if (operator === undefined && policy === undefined)
    return (
      <Part title="Put a change into force">
        <Text size="sm">
          Change something at the side, and the lines that do it are here. The contact stands in{' '}
          <Path text={files.configuration} />, which this console never writes.
        </Text>
      </Part>
    )
  if (isRefused)
    return (
      <Part title="Put it into force">
        <Text size="sm">A gate would refuse these settings, and go on as it is: mend them first.</Text>
      </Part>
    )
  return (
    <Part title="Put it into force">
      {operator !== undefined && (
        <>
          <Text size="sm">
            In <Path text={files.configuration} />, in the place of contact and location under operator.{' '}
            {reload === undefined ? (
              'Then start Recourse again: it was started from a terminal, and reads its files at a start only.'
            ) : (
              <>
                Then <code>{reload}</code>: it counts from the next call on, and no call is lost.{' '}
                <CopyButton text={reload} what="the command" />
              </>
            )}
          </Text>
          <Wire text={operator} label="Lines for the configuration" />
          <CopyButton text={operator} what="the lines for the configuration" />
        </>
      )}
      {policy !== undefined && (
        <>
          <Text size="sm" mt="sm">
            In the{' '}
            <Anchor component={Link} to="/policy" inherit underline="always">
              policy
            </Anchor>
            , in the place of notices, form, carry and announce: apply it there, and every gate tells so within a
            second.
            {files.policy === undefined ? (
              ' Or under policy in the configuration, two blanks further in.'
            ) : (
              <>
                {' '}
                Or in <Path text={files.policy} />.
              </>
            )}
          </Text>
          <Wire text={policy} label="Lines for the policy" />
          <CopyButton text={policy} what="the lines for the policy" />
        </>
      )}
      <Text size="sm" c="dimmed" mt="sm">
        What was told before stays as it was told. The desk’s address (desk.public) is read at a start only.
      </Text>
    </Part>
  )
}

function Path({ text }: { readonly text: string }) {
  return (
    <code>
      <Outside text={text} max={300} />
    </code>
  )
}

type InForce = AnswerOf<'get', '/v1/gate/notice'>
type Settings = Parameters<typeof previewNotice>[0]
type Draft = Omit<InForce, 'contact' | 'files' | 'reload' | 'treatments'> & {
  readonly url: string
  readonly tel: string
  readonly email: string
}
type FormProps = {
  readonly draft: Draft
  readonly change: (more: Partial<Draft>) => void
  readonly inForce: InForce
}
type PreviewProps = { readonly settings: Settings; readonly isChanged: boolean; readonly undo: () => void }
type NoticeLines = ReturnType<typeof formatNoticeLines>
type LinesProps = {
  readonly before: NoticeLines
  readonly after: NoticeLines
  readonly inForce: InForce
  readonly isRefused: boolean
}

function draftOf({ contact, ...rest }: InForce): Draft {
  const { url = '', tel = '', email = '' } = contact
  return { ...rest, url, tel, email }
}

function settingsOf(draft: Draft): Settings {
  const { profile, choices, form, carry, announce, location, desk, needsContact } = draft
  const [url, tel, email] = [draft.url, draft.tel, draft.email].map((text) => text.trim() || undefined)
  return { profile, choices, form, carry, announce, location, desk, needsContact, contact: { url, tel, email } }
}

function isRefused(settings: Settings): boolean {
  return previewNotice(settings, { cause: 'analytics', knowsRejected: false, isWithheld: false }).kind === 'refused'
}

function indent(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '  ')
}

/** What is wrong with a field, where something stands in it. */
function faultsOf(text: string, check: (text: string) => readonly string[]): string | undefined {
  const faults = text.trim() === '' ? [] : check(text.trim())
  return faults.length === 0 ? undefined : faults.join('; ')
}

/** Fields that are each call's own. */
const COPIED: ReadonlySet<string> = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Content-Length'])
const FORMS = ['SIP', 'Q.850'] as const
const LOCATION_WORDS = {
  LN: 'the network where calls begin',
  TN: 'a network between',
  RLN: 'the network where calls end',
  LPN: 'a private network where calls begin',
  RPN: 'a private network where calls end',
} as const
const PROFILE_WORDS = { us: 'Those of the United States', rfc: 'The RFCs alone, as elsewhere' } as const
const CARRY_WORDS = { both: 'In the url and as id', url: 'In the url alone', id: 'As id alone' } as const
