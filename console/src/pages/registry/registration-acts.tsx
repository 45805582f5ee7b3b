// One thing: what can be done with a registration as a whole: each a button or a line of a menu, a key, and a dialog.
import { Button, Menu, NativeSelect, Text, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { type AnswerOf, get, send } from '../../client.ts'
import { useAsk } from '../../parts/ask.tsx'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { faultOf } from '../../parts/field-fault.ts'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { useMay } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { NumberLinesField } from './number-lines-field.tsx'
import type { Vet } from './registration-dialogs.tsx'
import { ITEM_WORDS, type RegistrationAnswer, unshownWords } from './registry-words.ts'

/** The buttons at the head of a registration. */
export function RegistrationActs({ found, vet }: ActsProps) {
  const mayVet = useMay('registry.vet')
  const ask = useAsk()
  const [dialog, setDialog] = useState<'refuse' | 'proof' | 'add' | 'remove'>()
  const { id, status, checklist } = found
  const params = { id }
  const missing = checklist.filter(({ outcome }) => outcome === undefined || outcome === 'failed')
  const isOver = status === 'withdrawn'
  const mayApprove = status !== 'approved' && status !== 'unconfirmed' && !isOver
  const reason = (
    place: ReasonPlace,
    title: string,
    happens: readonly string[],
    act: string,
    done: string,
    isGrave = false,
  ): void =>
    void ask({
      title,
      happens,
      act,
      isGrave,
      words: { label: 'Why' },
      run: (text) => vet.take(done, (match) => send('post', place, { params, body: { reason: text }, match })),
    })
  const approve = (): void => {
    if (!mayApprove) return
    reason(
      '/v1/registry/registrations/{id}/approve',
      'Approve the registration',
      missing.length === 0
        ? [
            'Gates are told of all numbers that were shown to be its own, and its holder hears of it by mail.',
            ...unshownWords(found.numbers),
          ]
        : [`It cannot be approved yet: ${missing.map(({ item }) => ITEM_WORDS[item]).join(', ')} nobody has passed.`],
      'Approve',
      'It is approved.',
    )
  }
  const askHolder = (): void =>
    void ask({
      title: 'Ask the holder',
      happens: ['The question goes by mail and stands on the page of the registration, which waits for the answer.'],
      act: 'Ask',
      words: { label: 'Question' },
      run: (question) =>
        vet.take('It is asked.', (match) =>
          send('post', '/v1/registry/registrations/{id}/ask', { params, body: { question }, match }),
        ),
    })
  const note = (): void =>
    void ask({
      title: 'Write a note',
      happens: ['Those inside read it, the holder does not.'],
      act: 'Note',
      words: { label: 'Note' },
      run: (text) =>
        vet.take('The note is written.', (match) =>
          send('post', '/v1/registry/registrations/{id}/notes', { params, body: { text }, match }),
        ),
    })
  const suspend = (): void =>
    reason(
      '/v1/registry/registrations/{id}/suspend',
      'Suspend the registration',
      ['What gates were told of its numbers is taken back at once.', 'Its holder hears of it by mail.'],
      'Suspend',
      'It is suspended; gates are told.',
      true,
    )
  const withdraw = (): void =>
    reason(
      '/v1/registry/registrations/{id}/withdraw',
      'Withdraw it for its holder',
      ['It ends, and none of its numbers is registered any more.'],
      'Withdraw',
      'It is withdrawn.',
      true,
    )
  useShortcuts(
    'On this page',
    mayVet
      ? [
          { keys: 'c', words: 'Look at the next of the checklist', run: () => vet.check(undefined) },
          { keys: 'a', words: 'Approve', run: approve },
          { keys: 'q', words: 'Ask the holder', run: askHolder },
          { keys: 'x', words: 'Refuse', run: () => !isOver && setDialog('refuse') },
          { keys: 'n', words: 'Note', run: note },
          { keys: 'p', words: 'Note a proof of control', run: () => setDialog('proof') },
        ]
      : [],
  )
  const ways = [
    {
      label: 'JSON',
      name: `registration-${id}.json`,
      make: async () => jsonOf(await get('/v1/registry/registrations/{id}', { params })),
    },
    {
      label: 'Numbers as CSV',
      name: `registration-${id}.csv`,
      make: () =>
        Promise.resolve(
          csvOf(found.numbers, [
            ['numbers', (line) => line.numbers],
            ['label', (line) => line.label],
            ['control', (line) => line.proof],
            ['until', (line) => line.until],
          ]),
        ),
    },
  ]
  const close = (): void => setDialog(undefined)
  return (
    <>
      {mayVet && (
        <>
          {mayApprove && (
            <Button variant={missing.length === 0 ? 'filled' : 'default'} onClick={approve}>
              Approve
            </Button>
          )}
          {!isOver && (
            <>
              <Button variant="default" onClick={askHolder}>
                Ask
              </Button>
              {status === 'approved' ? (
                <Button variant="default" onClick={suspend}>
                  Suspend
                </Button>
              ) : (
                <Button variant="default" onClick={() => setDialog('refuse')}>
                  Refuse
                </Button>
              )}
            </>
          )}
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default">More</Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={note}>Write a note</Menu.Item>
              {!isOver && (
                <>
                  <Menu.Item onClick={() => setDialog('proof')}>Note a proof of control</Menu.Item>
                  <Menu.Item onClick={() => setDialog('add')}>Add numbers</Menu.Item>
                  <Menu.Item onClick={() => setDialog('remove')}>Take numbers off</Menu.Item>
                  {status === 'approved' && (
                    <Menu.Item onClick={() => setDialog('refuse')}>Refuse it after all</Menu.Item>
                  )}
                  <Menu.Item onClick={withdraw}>Withdraw it for its holder</Menu.Item>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <ExportMenu ways={ways} />
      {dialog === 'refuse' && <RefuseDialog found={found} vet={vet} close={close} />}
      {dialog === 'proof' && <ProofDialog found={found} vet={vet} close={close} />}
      {dialog === 'add' && <AddDialog found={found} vet={vet} close={close} />}
      {dialog === 'remove' && <RemoveDialog found={found} vet={vet} close={close} />}
    </>
  )
}

function RefuseDialog({ found, vet, close }: DialogProps) {
  const failed = found.checklist.filter(({ outcome }) => outcome === 'failed')
  const [reasons, setReasons] = useState(failed.map(({ reason }) => reason ?? '').join('\n'))
  const [next, setNext] = useState('')
  const list = linesOf(reasons)
  return (
    <FormDialog
      title="Refuse the registration"
      act="Refuse"
      isOpen
      close={close}
      isGrave
      isReady={list.length > 0 && next.trim() !== ''}
      run={() =>
        vet.take('It is refused, and its holder is told why.', (match) =>
          send('post', '/v1/registry/registrations/{id}/refuse', {
            params: { id: found.id },
            body: { reasons: list, next: next.trim() },
            match,
          }),
        )
      }
    >
      <Textarea
        label="Reasons"
        description="A line each. The holder reads them."
        required
        autosize
        minRows={2}
        value={reasons}
        onChange={({ currentTarget }) => setReasons(currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label="What the holder can do"
        required
        value={next}
        onChange={({ currentTarget }) => setNext(currentTarget.value)}
      />
    </FormDialog>
  )
}

function ProofDialog({ found, vet, close }: DialogProps) {
  const [way, setWay] = useState<'letter' | 'provider'>('letter')
  const [numbers, setNumbers] = useState('')
  const [detail, setDetail] = useState('')
  const list = linesOf(numbers)
  return (
    <FormDialog
      title="Note a proof of control"
      act="Note it"
      isOpen
      close={close}
      isReady={detail.trim() !== ''}
      run={() =>
        vet.take('The proof is noted.', (match) =>
          send('post', '/v1/registry/registrations/{id}/proofs', {
            params: { id: found.id },
            body: { way, detail: detail.trim(), ...(list.length > 0 && { numbers: list }) },
            match,
          }),
        )
      }
    >
      <NativeSelect
        label="Shown by"
        value={way}
        onChange={({ currentTarget }) => setWay(currentTarget.value as typeof way)}
        data={[
          { value: 'letter', label: 'A letter of authorisation' },
          { value: 'provider', label: 'The provider of the numbers' },
        ]}
        data-autofocus
      />
      <Textarea
        label="Numbers"
        description="A line each, as they are listed; all of them if empty."
        autosize
        minRows={1}
        maxRows={8}
        value={numbers}
        onChange={({ currentTarget }) => setNumbers(currentTarget.value)}
      />
      <Textarea
        label="What you saw"
        required
        autosize
        minRows={2}
        value={detail}
        onChange={({ currentTarget }) => setDetail(currentTarget.value)}
      />
    </FormDialog>
  )
}

function AddDialog({ found, vet, close }: DialogProps) {
  const queries = useQueryClient()
  const [numbers, setNumbers] = useState('')
  const [isLeavingOut, setLeavingOut] = useState(false)
  const [fault, setFault] = useState<unknown>()
  const [report, setReport] = useState<AnswerOf<'post', '/v1/registry/registrations/{id}/numbers'>>()
  return (
    <FormDialog
      title="Add numbers"
      act={report === undefined ? 'Add' : 'Done'}
      isOpen
      close={close}
      isReady={linesOf(numbers).length > 0}
      isAtField={(problem) => faultOf(problem, 'numbers') !== undefined}
      run={async () => {
        if (report !== undefined) return undefined
        setFault(undefined)
        const adding = vet.onSeen((match) =>
          send('post', '/v1/registry/registrations/{id}/numbers', {
            params: { id: found.id },
            body: { numbers: numbers.trimEnd().split('\n'), faultyLines: isLeavingOut ? 'leave-out' : 'refuse' },
            match,
          }),
        )
        const added = await adding.catch((cause: unknown) => {
          setFault(cause)
          throw cause
        })
        setReport(added)
        await queries.invalidateQueries({ queryKey: ['registry'] })
        return 'stay'
      }}
    >
      {report === undefined ? (
        <NumberLinesField
          value={numbers}
          change={setNumbers}
          fault={fault}
          isLeavingOut={isLeavingOut}
          leaveOut={setLeavingOut}
          isFirst
        />
      ) : (
        <Text role="status">
          {report.added} added, {report.there} there already, {report.faults.length} left out because they cannot be
          used.
        </Text>
      )}
    </FormDialog>
  )
}

function RemoveDialog({ found, vet, close }: DialogProps) {
  const [numbers, setNumbers] = useState('')
  return (
    <FormDialog
      title="Take numbers off"
      act="Take off"
      isOpen
      close={close}
      isGrave
      isReady={linesOf(numbers).length > 0}
      run={() =>
        vet.take('They are off the list.', (match) =>
          send('post', '/v1/registry/registrations/{id}/removals', {
            params: { id: found.id },
            body: { numbers: linesOf(numbers) },
            match,
          }),
        )
      }
    >
      <Textarea
        label="Numbers"
        description="A line each, as they are listed. What gates were told of them is taken back."
        required
        autosize
        minRows={2}
        maxRows={12}
        value={numbers}
        onChange={({ currentTarget }) => setNumbers(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}

type ActsProps = { readonly found: RegistrationAnswer; readonly vet: Vet }
type DialogProps = ActsProps & { readonly close: () => void }
type ReasonPlace =
  | '/v1/registry/registrations/{id}/approve'
  | '/v1/registry/registrations/{id}/suspend'
  | '/v1/registry/registrations/{id}/withdraw'

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
