import { Anchor, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type AnswerOf, download, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { CallsNav } from './calls-nav.tsx'
import { many, measuredWords } from './calls-words.ts'
import { PlainList } from '../../parts/part.tsx'

/** Who blocks, how they are reached, and how long they took. */
export function DirectoryPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'directory'],
    queryFn: ({ signal }) => get('/v1/calling/directory', { signal }),
  })
  return (
    <Page
      title="Blockers"
      words="Contacts as notices had them, with the times that your own disputes took. A signed one stood in a card whose signature was verified; anybody on the path may have written the others."
      acts={
        data && (
          <ExportMenu
            ways={[
              {
                label: 'CSV',
                name: 'directory.csv',
                make: () => download('/v1/calling/directory', { type: 'text/csv' }),
              },
              { label: 'JSON', name: 'directory.json', make: async () => jsonOf(data) },
            ]}
          />
        )
      }
    >
      <CallsNav />
      {data === undefined ? (
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <PlainList>
          {data.blockers.map((entry) => (
            <Entry key={entry.blocker} entry={entry} />
          ))}
        </PlainList>
      )}
    </Page>
  )
}

function Entry({ entry }: { readonly entry: AnswerOf<'get', '/v1/calling/directory'>['blockers'][number] }) {
  const { blocker, calls, last, signed, unsigned, answer, lift, known } = entry
  return (
    <li>
      <Title order={2} size="h5">
        <Outside text={blocker === '' ? 'Not known' : blocker} max={120} />
      </Title>
      <Text size="sm" c="dimmed">
        {last === undefined ? (
          'Not seen in your calls'
        ) : (
          <>
            <Anchor
              component={Link}
              to="/calls/groups"
              search={{ blocker, all: 'true' } as never}
              inherit
              underline="always"
            >
              {many(calls, 'refused call')}
            </Anchor>
            , last <Moment at={last} as="away" />
          </>
        )}
        {'. '}
        {measuredWords(answer, 'answered')}
        {lift.count > 0 && `; ${measuredWords(lift, 'lifted')}`}.
      </Text>
      {[...signed, ...unsigned].map((contact) => (
        <Text key={`${contact.kind} ${contact.value}`} size="sm" mt={4}>
          {WAYS[contact.way]}: <Outside text={contact.value} max={300} />{' '}
          {contact.isSigned ? (
            <StatusWord tone="good">Signed</StatusWord>
          ) : (
            <Text span inherit c="dimmed">
              unsigned, in {many(contact.calls, 'call')}
            </Text>
          )}
        </Text>
      ))}
      {known !== undefined && (
        <Text size="sm" mt={4}>
          {known.says}{' '}
          <Text span inherit c="dimmed">
            Read in {known.date} at {known.source}
          </Text>
        </Text>
      )}
    </li>
  )
}

const WAYS = { api: 'Page or API', form: 'Form', mail: 'Mail', phone: 'Telephone' } as const
