import { formatSpan } from './number-span.ts'
import type { RegistrationEvent } from './registration-event.ts'

/** What an event of a registration says, for those inside. Line ends of what somebody wrote are kept. */
// One thing: the words of each kind of event; the compiler asks for a row of every kind.
export function eventInWords(event: RegistrationEvent): string {
  switch (event.kind) {
    case 'opened':
      return `opened by ${event.data.way} for ${event.data.business.legalName}, with ${lines(event.data.lines.length)}`
    case 'confirmed':
      return event.actor.kind === 'worker'
        ? `vouched for, without waiting for ${event.data.email} to be confirmed`
        : `the mail address ${event.data.email} was confirmed`
    case 'added': {
      const { lines: added, from } = event.data
      return `${lines(added.length)} added${from === undefined ? '' : `, handed over by registration ${from}`}`
    }
    case 'removed':
      return `${lines(event.data.spans.length)} taken off${REMOVED[event.data.why]}`
    case 'proved': {
      const { proof, spans } = event.data
      const whose = spans === undefined ? 'all numbers' : proof.number === '' ? lines(spans.length) : proof.number
      return `control of ${whose} shown by ${proof.way}${proof.strength === 'full' ? '' : ', as a hint only'}: ${proof.detail}`
    }
    case 'evidence':
      return `a file came: ${event.data.file.name}`
    case 'vetted':
      return `${event.data.item}: ${OUTCOMES[event.data.outcome]}; ${event.data.reason}`
    case 'note':
      return `note: ${event.data.text}`
    case 'asked':
      return `asked: ${event.data.question}`
    case 'answered':
      return `answered: ${event.data.text}`
    case 'approved':
      return `approved until ${day(event.data.until)}; ${event.data.reason}`
    case 'refused':
      return `refused; ${event.data.reasons.join('; ')}; next: ${event.data.next}`
    case 'suspended':
      return `suspended; ${event.data.reason}`
    case 'renewed':
      return event.data.until === undefined ? 'asked for again' : `renewed until ${day(event.data.until)}`
    case 'changed':
      return `details changed, of ${event.data.business.legalName}`
    case 'offered':
      return `${lines(event.data.spans.length)} offered to registration ${event.data.to}`
    case 'disputed': {
      const { span, by, level } = event.data
      return `${formatSpan(span)} is claimed by registration ${by} too${level === 'proof' ? ', and both have shown control' : ''}`
    }
    case 'settled': {
      const { span, by, outcome, reason } = event.data
      return `${formatSpan(span)} was ${outcome === 'kept' ? 'kept' : 'lost'} against registration ${by}; ${reason}`
    }
    case 'reminded':
      return `reminded that ${event.data.of === 'proofs' ? 'control has to be shown again' : 'it ends'} on ${day(event.data.until)}`
    case 'expired':
      return event.data.what === 'unconfirmed' ? 'nobody confirmed the address in time' : 'its time was over'
    case 'withdrawn':
      return `withdrawn; ${event.data.reason}`
    default:
      return `event ${event.data.seq} was wrong: ${event.data.reason}`
  }
}

function lines(count: number): string {
  return `${count} ${count === 1 ? 'line' : 'lines'} of numbers`
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

const REMOVED = {
  holder: '',
  transferred: ', handed over to another registration',
  settled: ': they belong to somebody else',
} as const
const OUTCOMES = { passed: 'passed', failed: 'failed', 'not-applicable': 'not applicable' } as const
