import type { ProofChallenge } from '#core/redress/proof.ts'
import { type ExportedLine } from './number-lines.ts'
import { countOf, formatSpan, overlapOf } from './number-span.ts'
import type { RegistrationEvent } from './registration-event.ts'
import {
  type RegisteredNumber,
  type Registration,
  type RegistrationStatus,
  countNumbers,
  factsOf,
} from './registration.ts'
import type { NumberView, RegistrationView } from './registry.ts'

/** What a registration's holder reads of it. `offered`: what other registrations hand over to it. */
export function viewRegistration(
  registration: Registration,
  events: readonly RegistrationEvent[],
  around: { readonly challenges: readonly ProofChallenge[]; readonly offered: RegistrationView['offered'] },
): RegistrationView {
  const { status, numbers, question } = registration
  const isOpen = status !== 'withdrawn'
  const may: RegistrationView['may'][number][] = isOpen ? ['add', 'prove', 'withdraw', 'change'] : []
  if (isOpen && status !== 'unconfirmed') may.push('answer')
  if (status === 'approved' || status === 'expired' || status === 'refused') may.push('renew')
  const facts = factsOf(registration)
  return {
    id: registration.id,
    status,
    openedAt: registration.openedAt,
    until: registration.until,
    next: nextOf(registration),
    business: registration.business,
    numbers: [...numbers.values()].map((number) => viewNumber(registration, number)),
    counts: {
      lines: numbers.size,
      numbers: countNumbers(registration),
      registered: facts.reduce((sum, { span }) => sum + countOf(span), 0),
    },
    question,
    refusal: registration.refusal,
    challenges: around.challenges,
    evidence: registration.evidence,
    offered: around.offered,
    events: events.flatMap((event) => {
      const words = wordsOf(event)
      return words === undefined ? [] : [{ at: event.at, words }]
    }),
    may,
  }
}

/** The lines of a registration for an export. */
export function exportLines(registration: Registration): ExportedLine[] {
  return [...registration.numbers.values()].map((number) => {
    const { proof, until } = viewNumber(registration, number)
    const day = until === undefined ? '' : new Date(until).toISOString().slice(0, 10)
    return { span: number.span, label: number.label, proof, until: day }
  })
}

/** How a registration stands, in a word or two. */
export const STATUS_WORDS: { readonly [status in RegistrationStatus]: string } = {
  unconfirmed: 'not confirmed yet',
  waiting: 'being looked at',
  asked: 'waiting for your answer',
  approved: 'approved',
  refused: 'refused',
  suspended: 'suspended',
  expired: 'ended',
  withdrawn: 'withdrawn',
}

function viewNumber({ disputes, offers }: Registration, { span, label, proof }: RegisteredNumber): NumberView {
  // A claim that nobody has proved is nobody's business but ours: else anybody could ask whose a number is.
  const isDisputed = disputes.some((one) => one.level === 'proof' && overlapOf(one.span, span) !== undefined)
  const key = formatSpan(span)
  return {
    numbers: key,
    label,
    proof: isDisputed ? 'disputed' : proof.kind,
    until: proof.kind === 'proven' ? proof.until : undefined,
    offeredTo: offers.find(({ spans }) => spans.some((one) => formatSpan(one) === key))?.to,
  }
}

function nextOf({ status, numbers, disputes }: Registration): string {
  const unproven = [...numbers.values()].filter(({ proof }) => proof.kind !== 'proven').length
  const isDisputed = disputes.some(({ level }) => level === 'proof')
  switch (status) {
    case 'unconfirmed':
      return 'We have sent a message to your address. Open its link and press the button; nothing goes on before.'
    case 'asked':
      return 'We have asked you something. Please answer; until then your registration waits.'
    case 'waiting':
      return unproven > 0
        ? 'A person looks at your registration. Meanwhile, show that your numbers are yours.'
        : 'A person looks at your registration. You need do nothing.'
    case 'approved':
      if (isDisputed) return 'Somebody else has shown to control some of your numbers. A person settles whose they are.'
      return unproven > 0
        ? 'Approved. Numbers that nobody has shown to control are not registered yet: show that they are yours.'
        : 'Approved, and all of your numbers are registered. You need do nothing.'
    case 'refused':
      return 'Refused. You can set right what is named below and ask again.'
    case 'suspended':
      return 'Suspended: none of its numbers is registered. Answer below, and a person looks at it again.'
    case 'expired':
      return 'Its time is over, and none of its numbers is registered. Renew it, and a person looks at it again.'
    default:
      return 'It was withdrawn. You can register again.'
  }
}

function wordsOf(event: RegistrationEvent): string | undefined {
  switch (event.kind) {
    case 'opened':
      return `Asked for, with ${lines(event.data.lines.length)} of numbers`
    case 'confirmed':
      return event.actor.kind === 'worker' ? 'Vouched for by the operator' : 'Address confirmed'
    case 'added':
      return `${lines(event.data.lines.length)} of numbers added${event.data.from === undefined ? '' : ', handed over by another registration'}`
    case 'removed':
      return `${lines(event.data.spans.length)} of numbers taken off${REMOVED_WORDS[event.data.why]}`
    case 'proved': {
      const { proof, spans } = event.data
      if (proof.strength === 'hint')
        return `A call from ${proof.number} was seen, but nobody vouched for its number: it proves nothing. ${proof.detail}`
      return `Control shown ${PROOF_WORDS[proof.way]} for ${spans === undefined ? 'all numbers' : proof.number === '' ? lines(spans.length) : proof.number}`
    }
    case 'evidence':
      return `A file came: ${event.data.file.name}`
    case 'asked':
      return 'We asked you something'
    case 'answered':
      return 'You wrote to us'
    case 'approved':
      return 'Approved'
    case 'refused':
      return 'Refused'
    case 'suspended':
      return 'Suspended'
    case 'renewed':
      return event.data.until === undefined ? 'Asked for again' : 'Renewed'
    case 'changed':
      return 'Details changed'
    case 'offered':
      return `${lines(event.data.spans.length)} of numbers offered to registration ${event.data.to}`
    case 'disputed':
      return event.data.level === 'proof' ? `${formatSpan(event.data.span)} is claimed by somebody else too` : undefined
    case 'settled':
      return event.actor.kind === 'worker'
        ? `Whose ${formatSpan(event.data.span)} is was settled: ${event.data.reason}`
        : undefined
    case 'reminded':
      return 'We sent you a reminder'
    case 'expired':
      return 'Ended'
    case 'withdrawn':
      return 'Withdrawn'
    case 'corrected':
      return 'An earlier step was found wrong and taken back'
    default:
      return undefined
  }
}

function lines(count: number): string {
  return count === 1 ? '1 line' : `${count} lines`
}

const REMOVED_WORDS = {
  holder: '',
  transferred: ', handed over to another registration',
  settled: ': they belong to somebody else',
}
const PROOF_WORDS = {
  call: 'by a call',
  letter: 'by a letter',
  registry: 'by another registry',
  provider: 'by the provider of the numbers',
}
