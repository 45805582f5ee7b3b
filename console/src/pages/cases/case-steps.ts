// One thing: steps on a case that somebody else may be working on too.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { formatHere } from '../../parts/moment-words.ts'
import { type AnswerOf, Problem, get } from '../../client.ts'

export type CaseAnswer = AnswerOf<'get', '/v1/cases/{id}'>
export type EvidenceAnswer = AnswerOf<'get', '/v1/cases/{id}/evidence'>
export type EventAnswer = CaseAnswer['events'][number]

export type Steps = {
  /** What others did since this person looked; nothing is done over it before it was seen. */
  readonly meanwhile: readonly EventAnswer[]
  /** She has seen it: what she does from now on is done on how it stands. */
  readonly look: () => void
  /** Leads her to what others did, as soon as it is drawn; how often that was asked for since she last looked. */
  readonly lead: () => void
  readonly leads: number
  /** What was done last, and what there is to know about it. */
  readonly done: { readonly words: string; readonly notes: readonly string[] } | undefined
  /** Reads the case anew. */
  readonly renew: () => void
  /**
   * Takes a step on the case as it was seen. Throws Problem: where somebody was faster the case is read anew, and who did what
   * is said. That counts as seen, so that the same step again is taken, unless `mustLook` asks to look at it on the page first.
   */
  readonly take: (words: string, run: (match: string) => Promise<Done>, mustLook?: boolean) => Promise<void>
}

type Done = { readonly seq: number; readonly notes?: readonly string[] | undefined }

/**
 * Steps on the case as it was seen. What the desk itself adds, such as that gates have heard, counts as seen; what another
 * worker or the claimant adds does not, until it was looked at.
 */
export function useSteps(found: CaseAnswer, me: string): Steps {
  const queries = useQueryClient()
  const [seen, setSeen] = useState(found.seq)
  // A dialog takes its step long after it was opened: by what is seen then.
  const latest = useRef(seen)
  const [leads, setLeads] = useState(0)
  const see = useCallback((seq: number): void => {
    latest.current = seq
    setSeen(seq)
    setLeads(0)
  }, [])
  const [done, setDone] = useState<Steps['done']>()
  const meanwhile = found.events.filter((event) => event.seq > seen && !isOwn(event, me))
  useEffect(() => {
    if (found.seq > seen && meanwhile.length === 0) see(found.seq)
  }, [found.seq, seen, see, meanwhile.length])
  const renew = useCallback(
    (): Promise<CaseAnswer> => queries.fetchQuery({ ...caseQuery(found.case), staleTime: 0 }),
    [queries, found.case],
  )
  const renewQuietly = useCallback(() => void renew().catch(() => undefined), [renew])
  return {
    meanwhile,
    look: () => see(found.seq),
    lead: () => setLeads((before) => before + 1),
    leads,
    done,
    renew: renewQuietly,
    async take(words, run, mustLook = false) {
      setDone(undefined)
      let result: Done
      try {
        result = await run(tagOf(latest.current))
      } catch (cause) {
        if (!(cause instanceof Problem) || cause.kind !== 'changed') throw cause
        const now = await renew()
        const others = now.events.filter((event) => event.seq > latest.current && !isOwn(event, me))
        if (others.length > 0) {
          if (!mustLook) see(now.seq)
          throw meanwhileProblem(others)
        }
        result = await run(tagOf(now.seq))
      }
      see(result.seq)
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

/** Whether a step was not taken because somebody else was faster. */
export function isMeanwhile(cause: unknown): boolean {
  return cause instanceof Problem && cause.kind === MEANWHILE
}

/** Who of those others did something, in words: the account, or whose doing it was. */
export function whoOf({ actor }: EventAnswer): string {
  return actor.kind === 'worker' ? (actor.name ?? 'A worker') : actor.kind === 'claimant' ? 'The claimant' : 'Recourse'
}

function meanwhileProblem(events: readonly EventAnswer[]): Problem {
  const told = events.map((event) => {
    const { at, kind, said } = event
    const text = said === undefined ? '' : `: “${said.text.slice(0, SAID_MAX)}”`
    return `${whoOf(event)} ${DID[kind] ?? 'did something'}, ${formatHere(Date.parse(at), Date.now())}${text}.`
  })
  const detail = `${told.join(' ')} Nothing of yours was done yet: do it again if you still want it.`
  return new Problem({ kind: MEANWHILE, status: 412, title: 'Somebody else was faster', detail })
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
const MEANWHILE = 'meanwhile'
const DID: Readonly<Record<string, string>> = {
  asked: 'asked the claimant',
  answered: 'answered',
  decided: 'decided the case',
  updated: 'added to it',
  withdrawn: 'withdrew it',
  reopened: 'opened it again',
  corrected: 'said that an event was wrong',
  regressed: 'saw a call blocked again',
  expired: 'let its time end',
}
/** Characters of what somebody said that are told beside it. */
const SAID_MAX = 200
