// One thing: steps on a case that somebody else may be working on too.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type AnswerOf, Problem, get } from '../../client.ts'

export type CaseAnswer = AnswerOf<'get', '/v1/cases/{id}'>
export type EvidenceAnswer = AnswerOf<'get', '/v1/cases/{id}/evidence'>
export type EventAnswer = CaseAnswer['events'][number]

export type Steps = {
  /** What others did since this person looked; nothing is done over it before it was seen. */
  readonly meanwhile: readonly EventAnswer[]
  /** She has seen it: what she does from now on is done on how it stands. */
  readonly look: () => void
  /** What was done last, and what there is to know about it. */
  readonly done: { readonly words: string; readonly notes: readonly string[] } | undefined
  /** Takes a step on the case as it was seen. Throws Problem; where somebody was faster the case is read anew. */
  readonly take: (words: string, run: (match: string) => Promise<Done>) => Promise<void>
}

type Done = { readonly seq: number; readonly notes?: readonly string[] | undefined }

/**
 * Steps on the case as it was seen. What the desk itself adds, such as that gates have heard, counts as seen; what another
 * worker or the claimant adds does not, until it was looked at.
 */
export function useSteps(found: CaseAnswer, me: string): Steps {
  const queries = useQueryClient()
  const [seen, setSeen] = useState(found.seq)
  const [done, setDone] = useState<Steps['done']>()
  const meanwhile = found.events.filter((event) => event.seq > seen && !isOwn(event, me))
  useEffect(() => {
    if (found.seq > seen && meanwhile.length === 0) setSeen(found.seq)
  }, [found.seq, seen, meanwhile.length])
  const renew = (): Promise<CaseAnswer> => queries.fetchQuery({ ...caseQuery(found.case), staleTime: 0 })
  return {
    meanwhile,
    look: () => setSeen(found.seq),
    done,
    async take(words, run) {
      setDone(undefined)
      let result: Done
      try {
        result = await run(tagOf(seen))
      } catch (cause) {
        if (!(cause instanceof Problem) || cause.kind !== 'changed') throw cause
        const now = await renew()
        if (now.events.some((event) => event.seq > seen && !isOwn(event, me))) throw cause
        result = await run(tagOf(now.seq))
      }
      setSeen(result.seq)
      setDone({ words, notes: result.notes ?? [] })
      await Promise.all([
        renew(),
        queries.invalidateQueries({ queryKey: ['cases'] }),
        queries.invalidateQueries({ queryKey: ['case-evidence', found.case] }),
      ])
    },
  }
}

/** The query of one case. */
export function caseQuery(id: string) {
  return {
    queryKey: ['case', id],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) => get('/v1/cases/{id}', { params: { id }, signal }),
  } as const
}

function isOwn({ actor, kind }: EventAnswer, me: string): boolean {
  if (actor.kind === 'worker') return actor.name === me
  return actor.kind === 'desk' && QUIET_KINDS.has(kind)
}

function tagOf(seq: number): string {
  return `"${seq}"`
}

/** What the desk adds by itself, and nobody has to think about before a step. */
const QUIET_KINDS: ReadonlySet<string> = new Set(['effective', 'verified', 'acknowledged'])
