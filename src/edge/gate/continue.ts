import type { Message } from '#codec/sip/message.ts'
import type { Reply, ReplyField, Source } from '#codec/sip/reply.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { STATUS, phraseOf } from '#codec/sip/status.ts'
import { formatParty } from '#core/call/party.ts'
import { type Redirect, formatHost, formatRedirect, redirectBack, userOf } from '#core/notify/redirect.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { Verdict } from '#core/rules/verdict.ts'
import type { Continued } from './outcome.ts'
import type { Peer } from './peers.ts'

/** What a peer that asked for it is told beside *continue*: never a list's name, a score or a figure. */
export type Told = { readonly verdict: ToldVerdict; readonly label: string }
export type ToldVerdict = 'continue' | 'allowed' | 'exempt' | 'unjudged' | 'unrecorded'

/** The answers that tell peers to carry on, each made once where it is the same for every call. */
export class Continues {
  readonly #plain = new WeakMap<Peer, Continued>()

  /** The answer to the request at hand. `told` is asked for only where the peer wants to be told. */
  for(peer: Peer, invite: Message, view: RequestView, source: Source, told: () => Told): Continued {
    if (peer.continueStatus === STATUS.movedTemporarily.status || peer.tells !== undefined) {
      return { kind: 'continued', reply: replyTo(peer, invite, view, source, told) }
    }
    let plain = this.#plain.get(peer)
    if (plain === undefined) {
      const { continueStatus: status } = peer
      plain = { kind: 'continued', reply: { status, phrase: phraseOf(status), fields: [] } }
      this.#plain.set(peer, plain)
    }
    return plain
  }
}

/** What to say of a verdict that lets a call go on. */
export function toldOf(verdict: Verdict, facts: CallFacts): Told {
  const labels = verdict.shadows.filter(({ would }) => would === 'block').map(({ rule }) => `shadow:${rule.id}`)
  if (facts.forwarded) labels.push('forwarded')
  if (verdict.kind !== 'allow') return { verdict: 'unrecorded', label: labels.join(',') }
  // The name of an exemption is that of its list, which stays here.
  if (verdict.why === 'allowed') labels.unshift(`allow:${verdict.by}`)
  return { verdict: TOLD[verdict.why], label: labels.join(',') }
}

/** Sends the call elsewhere: 302 with a Contact. RFC 3261 §21.3.3. */
export function redirectReply(
  redirect: Redirect,
  invite: Message,
  view: RequestView,
  source: Source,
  { calling, called }: Pick<CallFacts, 'calling' | 'called'>,
): Reply {
  const fillings = {
    user: userOf(invite, view),
    calling: formatParty(calling),
    called: formatParty(called),
    peer: formatHost(source),
  }
  return { ...STATUS.movedTemporarily, fields: [contact(formatRedirect(redirect, fillings))] }
}

function replyTo(peer: Peer, invite: Message, view: RequestView, source: Source, told: () => Told): Reply {
  const { continueStatus: status, continueContact, tells } = peer
  const fields: ReplyField[] = []
  if (status === STATUS.movedTemporarily.status) {
    const at = formatHost(source)
    const back = { user: userOf(invite, view), calling: '', called: '', peer: at }
    // Never away from an emergency service: its URN stays the target.
    const isService = view.uri.kind === 'other'
    const uri =
      continueContact === undefined || isService
        ? redirectBack(invite, view, at)
        : formatRedirect(continueContact, back)
    fields.push(contact(uri))
  }
  if (tells !== undefined) {
    const { verdict, label } = told()
    if (tells.verdict !== undefined) fields.push([tells.verdict, verdict])
    if (tells.label !== undefined && label !== '') fields.push([tells.label, label.slice(0, LABEL_CHARACTERS_MAX)])
  }
  return { status, phrase: phraseOf(status), fields }
}

function contact(uri: string): ReplyField {
  return ['Contact', `<${uri}>`]
}

const TOLD = { exempt: 'exempt', allowed: 'allowed', 'no-rule': 'continue' } as const
/** The longest label that is told to a peer; equipment cuts long fields. */
const LABEL_CHARACTERS_MAX = 256
