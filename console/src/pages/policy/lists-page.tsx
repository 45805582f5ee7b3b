// One thing: the lists of the policy in force: what stands in them, and another text of one on its way into force.
import { Alert, Anchor, Button, FileButton, Group, List, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, download, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { ExportMenu } from '../../parts/export-menu.tsx'
import { FilterBar, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useRows } from '../../parts/rows.ts'
import { useMay } from '../../shell/session.ts'
import { keepDraft, readDraft } from './policy-draft.ts'
import { PolicyFrame } from './policy-frame.tsx'
import { count, paged } from './policy-words.ts'
import classes from './policy.module.css'
import { type Upload, uploadList } from './upload.ts'

type Lists = AnswerOf<'get', '/v1/policy/lists'>
type Summary = Lists['lists'][number]

/** Every list of the policy in force, and the rows of one of them. */
export function ListsPage() {
  const filters = useFilters()
  const mayChange = useMay('policy.change')
  const query = useQuery({
    queryKey: ['policy', 'lists'],
    queryFn: ({ signal }) => get('/v1/policy/lists', { signal }),
  })
  const lists = query.data?.lists ?? []
  const chosen = lists.find(({ name }) => name === filters.get('list')) ?? lists[0]
  return (
    <PolicyFrame
      title="Lists"
      name="Lists of the policy"
      words="The numbers that rules go by. Another text of a list is looked at first, and comes into force when you say so."
    >
      {query.isPending ? (
        <PageState isLoading />
      ) : query.isError ? (
        <PageState failed={asProblem(query.error)} again={() => void query.refetch()} />
      ) : (
        <Stack gap="lg">
          {lists.length === 0 ? (
            <PageState
              empty={{
                title: 'The policy names no list',
                words: 'A rule that goes by one names it: deny: "file:deny.csv".',
              }}
            />
          ) : (
            <ul className={classes['list']} aria-label="Lists">
              {lists.map((one) => (
                <ListLine key={one.name} list={one} isChosen={one.name === chosen?.name} />
              ))}
            </ul>
          )}
          {mayChange && <NewList />}
          {chosen !== undefined && query.data !== undefined && (
            <OneList key={chosen.name} list={chosen} policy={query.data.policy} />
          )}
        </Stack>
      )}
    </PolicyFrame>
  )
}

function ListLine({ list, isChosen }: { readonly list: Summary; readonly isChosen: boolean }) {
  const { name, key, rules, entries, since } = list
  return (
    <li>
      <Link
        to="/policy/lists"
        search={{ list: name }}
        className={classes['version']}
        activeOptions={{ exact: true, includeSearch: true }}
        data-chosen={isChosen || undefined}
      >
        <Text span fw={600}>
          <Outside text={name} max={80} />
        </Text>
        <Text size="sm">
          {`${count(entries)} ${entries === 1 ? 'entry' : 'entries'}, ${KEYS.get(key) ?? key}`}
          {rules.length > 0 && (
            <>
              {' (rule '}
              <Outside text={rules.join(', ')} max={120} />)
            </>
          )}
        </Text>
        {since !== undefined && (
          <Text size="sm" c="dimmed">
            So since <Moment at={since.at} />, by <Outside text={since.by} max={64} />
            {since.note !== '' && (
              <>
                : <Outside text={since.note} max={120} />
              </>
            )}
          </Text>
        )}
      </Link>
    </li>
  )
}

function OneList({ list, policy }: { readonly list: Summary; readonly policy: number }) {
  const filters = useFilters()
  const mayChange = useMay('policy.change')
  const ask = useAsk()
  const queries = useQueryClient()
  const { name, canGoBack } = list
  const search = filters.get('search')
  const rows = useRows(
    ['policy', 'list', name, policy, search],
    async (after, signal) =>
      paged(await get('/v1/policy/lists/{name}/entries', { params: { name }, query: { search, after }, signal })),
    (page) => page.entries,
  )
  const takeBack = async (): Promise<void> => {
    const isDone = await ask({
      title: 'Take the last change of this list back?',
      happens: ['The text that it had before comes into force again, within a second, at every gate.'],
      act: 'Take it back',
      words: { label: 'Why', hint: 'For whoever looks back; everybody inside can read it.' },
      run: async (note) => {
        await send('post', '/v1/policy/lists/{name}/taking-back', {
          params: { name },
          body: { note: note.replaceAll(/\s+/g, ' ') },
          match: `"${policy}"`,
        })
      },
    })
    if (isDone) await queries.invalidateQueries({ queryKey: ['policy'] })
  }
  const ways = [
    {
      label: 'CSV',
      name: name.split(/[\\/]/).at(-1) ?? 'list.csv',
      make: () => download('/v1/policy/lists/{name}/entries', { params: { name }, type: 'text/csv' }),
    },
  ]
  return (
    <section aria-label={`List ${name}`}>
      <Group justify="space-between" align="flex-end" mb="xs">
        <Title order={2} size="h4">
          <Outside text={name} max={80} />
        </Title>
        <Group gap="xs">
          {mayChange && canGoBack && (
            <Button variant="default" onClick={() => void takeBack()}>
              Take back…
            </Button>
          )}
          <ExportMenu ways={ways} />
        </Group>
      </Group>
      {mayChange && <Replace name={name} policy={policy} />}
      <FilterBar names={['search']}>
        <FilterText name="search" label="Number or words" placeholder="2125550" />
      </FilterBar>
      <DataTable
        label="Rows of the list"
        columns={[
          { id: 'line', head: 'Line', width: '5rem', align: 'end', narrow: 'beside', cell: ({ line }) => count(line) },
          {
            id: 'text',
            head: 'As it stands there',
            width: 'minmax(12rem, 1fr)',
            narrow: 'lead',
            cell: ({ text }) => <Outside text={text} max={300} />,
          },
        ]}
        of={rows}
        keyOf={({ line }) => String(line)}
        empty={{ title: search === undefined ? 'The list is empty' : 'No row has that' }}
      />
    </section>
  )
}

/** Another text of a list: handed in, looked at, then confirmed or dropped. */
function Replace({ name, policy }: { readonly name: string; readonly policy: number }) {
  const ask = useAsk()
  const queries = useQueryClient()
  const [upload, setUpload] = useState<Upload>()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const [done, setDone] = useState<string>()
  const take = async (file: File | null): Promise<void> => {
    if (file === null) return
    setBusy(true)
    setProblem(undefined)
    setDone(undefined)
    try {
      setUpload(await uploadList(name, file))
    } catch (cause) {
      setProblem(cause)
    } finally {
      setBusy(false)
    }
  }
  const confirm = async (upload: Upload): Promise<void> => {
    const { difference, guarded } = upload
    let state = ''
    const isDone = await ask({
      title: 'Put this list into force?',
      happens: [
        `${count(difference?.added ?? 0)} added, ${count(difference?.removed ?? 0)} removed.`,
        guarded.length > 0
          ? 'It waits for a second person, and what is in force stays until then.'
          : 'Every gate judges by it within a second. It can be taken back.',
      ],
      act: guarded.length > 0 ? 'Hand it on' : 'Put it into force',
      words: { label: 'Why', hint: 'For whoever looks back; everybody inside can read it.' },
      run: async (note) => {
        const settled = await send('post', '/v1/policy/uploads/{id}/confirmation', {
          params: { id: upload.id },
          body: { note: note.replaceAll(/\s+/g, ' ') },
          match: `"${policy}"`,
        })
        state =
          settled.state === 'staged'
            ? `Version ${settled.policy} waits for a second person.`
            : `Version ${settled.policy} is in force.`
      },
    })
    if (!isDone) return
    setUpload(undefined)
    setDone(state)
    await queries.invalidateQueries({ queryKey: ['policy'] })
  }
  const drop = async (upload: Upload): Promise<void> => {
    setUpload(undefined)
    await send('delete', '/v1/policy/uploads/{id}', { params: { id: upload.id } }).catch(() => undefined)
  }
  return (
    <Stack gap="sm" mb="md">
      <Group gap="sm">
        <FileButton accept=".csv,.txt,text/csv,text/plain" onChange={(file) => void take(file)}>
          {(props) => (
            <Button variant="default" loading={isBusy} {...props}>
              Upload another text…
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed">
          CSV, or one entry a line. Nothing changes before you confirm it.
        </Text>
      </Group>
      {problem !== undefined && <ProblemBox problem={problem} />}
      <div role="status">{done !== undefined && <Text>{done}</Text>}</div>
      {upload !== undefined && (
        <Looked upload={upload} confirm={() => void confirm(upload)} drop={() => void drop(upload)} />
      )}
    </Stack>
  )
}

function Looked({ upload, confirm, drop }: LookedProps) {
  const { faults, difference, guarded, entries } = upload
  if (faults.length > 0)
    return (
      <Alert
        color="red"
        variant="light"
        role="alert"
        title={`${faults.length === 1 ? 'One fault' : `${faults.length} faults`}: the list is refused whole`}
      >
        <ul className={classes['list']}>
          {faults.slice(0, 50).map(({ where, line, column, found, expected }) => (
            <Text component="li" size="sm" key={`${where}:${line}:${column}:${found}`}>
              <b>{line === undefined ? <Outside text={where} max={120} /> : `Line ${line}, column ${column ?? 1}`}</b>
              {': found '}
              <Outside text={found} max={300} />
              {', expected '}
              <Outside text={expected} max={400} />
            </Text>
          ))}
        </ul>
        <Button mt="sm" size="compact-sm" variant="default" onClick={drop}>
          Close
        </Button>
      </Alert>
    )
  const isSame = difference === undefined || difference.added + difference.removed === 0
  return (
    <Alert
      color="accent"
      variant="light"
      title={`${count(entries)} ${entries === 1 ? 'entry' : 'entries'}: what it would change`}
      role="status"
    >
      <List size="sm" mb="sm">
        {isSame ? (
          <List.Item>The same entries; at most their notes differ.</List.Item>
        ) : (
          <>
            <List.Item>
              {`${count(difference.added)} added`}
              <Samples of={difference.samples.added} all={difference.added} />
            </List.Item>
            <List.Item>
              {`${count(difference.removed)} removed`}
              <Samples of={difference.samples.removed} all={difference.removed} />
            </List.Item>
            <List.Item>{`${count(difference.before)} before, ${count(difference.after)} after`}</List.Item>
          </>
        )}
        {guarded.length > 0 && (
          <List.Item>
            It would wait for a second person, because <Outside text={guarded.join('; ')} max={400} />.
          </List.Item>
        )}
      </List>
      <Group gap="sm">
        <Button size="compact-md" onClick={confirm}>
          Confirm…
        </Button>
        <Button size="compact-md" variant="default" onClick={drop}>
          Drop it
        </Button>
      </Group>
    </Alert>
  )
}

type LookedProps = { readonly upload: Upload; readonly confirm: () => void; readonly drop: () => void }

function Samples({ of, all }: { readonly of: readonly string[]; readonly all: number }) {
  if (of.length === 0) return undefined
  return (
    <>
      {': '}
      <Outside text={`${of.join(', ')}${all > of.length ? ', …' : ''}`} max={300} />
    </>
  )
}

/** A list that the policy does not name yet: it waits for the text that does. */
function NewList() {
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<unknown>()
  const [waits, setWaits] = useState<string>()
  const take = async (file: File | null): Promise<void> => {
    if (file === null) return
    setProblem(undefined)
    try {
      const [lists, versions] = await Promise.all([
        get('/v1/policy/lists'),
        get('/v1/policy/versions', { query: { limit: '1' } }),
      ])
      if (lists.lists.some((one) => one.name === name))
        throw new Error(`the policy has a list ${name}: choose it above`)
      const upload = await uploadList(name, file)
      const base = versions.inForce
      const standing = await get('/v1/policy/versions/{version}', { params: { version: String(base) } })
      const draft = readDraft() ?? { yaml: standing.yaml ?? '', base, uploads: [] }
      const uploads = [...draft.uploads.filter(({ list }) => list !== name), { id: upload.id, list: name }]
      keepDraft({ ...draft, uploads })
      setWaits(name)
    } catch (cause) {
      setProblem(cause)
    }
  }
  if (!isOpen)
    return (
      <Group>
        <Button variant="default" onClick={() => setOpen(true)}>
          New list…
        </Button>
      </Group>
    )
  return (
    <Stack gap="sm" maw="36rem">
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Name of the new list"
          placeholder="campaign.csv"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value.trim())}
          data-autofocus
        />
        <FileButton accept=".csv,.txt,text/csv,text/plain" onChange={(file) => void take(file)}>
          {(props) => (
            <Button variant="default" disabled={!/^[\w][\w.-]{0,80}$/.test(name)} {...props}>
              Choose the file…
            </Button>
          )}
        </FileButton>
      </Group>
      {problem !== undefined && <ProblemBox problem={problem} />}
      <div role="status">
        {waits !== undefined && (
          <Text>
            It waits for the policy that names it: write <span className={classes['id']}>{`"file:${waits}"`}</span> in a
            rule of{' '}
            <Anchor component={Link} to="/policy">
              the text
            </Anchor>
            .
          </Text>
        )}
      </div>
    </Stack>
  )
}

const KEYS: ReadonlyMap<string, string> = new Map([
  ['exempt', 'never judged'],
  ['opt-out', 'opted out of analytics'],
  ['allow', 'let go on'],
  ['deny', 'blocked'],
  ['do-not-originate', 'never originate calls'],
  ['standing', 'spared analytics'],
  ['registered', 'registered'],
  ['called-list', 'refused by whom they call'],
  ['unallocated', 'allocations'],
])
