import type { Business } from './business.ts'
import type { RegistrationEvent } from './registration-event.ts'

/** The event without what tells of a business, of a person or of a number. It still reads as what it was. */
// One thing: what each kind of event leaves behind; the compiler asks for a row of every kind.
export function eraseRegistrationEvent(event: RegistrationEvent): RegistrationEvent {
  switch (event.kind) {
    case 'opened':
      return { ...event, data: { way: event.data.way, business: NOBODY, lines: [] } }
    case 'confirmed':
      return { ...event, data: { email: '' } }
    case 'added':
      return { ...event, data: { lines: [], from: event.data.from } }
    case 'removed':
      return { ...event, data: { spans: [], why: event.data.why } }
    case 'proved': {
      const { proof, until } = event.data
      return { ...event, data: { proof: { ...proof, number: '', detail: '' }, spans: [], until } }
    }
    case 'evidence':
      // Without its id too: a file is kept for as long as an event names it.
      return { ...event, data: { file: { ...event.data.file, id: '', name: '' } } }
    case 'vetted':
    case 'approved':
      return { ...event, data: { ...event.data, reason: '' } } as RegistrationEvent
    case 'note':
    case 'answered':
      return { ...event, data: { text: '' } }
    case 'asked':
      return { ...event, data: { question: '' } }
    case 'refused':
      return { ...event, data: { reasons: [], next: '' } }
    case 'suspended':
    case 'withdrawn':
      return { ...event, data: { reason: '' } }
    case 'changed':
      return { ...event, data: { business: NOBODY } }
    case 'offered':
      return { ...event, data: { spans: [], to: event.data.to } }
    case 'disputed':
      return { ...event, data: { ...event.data, span: NOWHERE } }
    case 'settled':
      return { ...event, data: { ...event.data, span: NOWHERE, reason: '' } }
    case 'corrected':
      return { ...event, data: { ...event.data, reason: '' } }
    case 'renewed':
    case 'reminded':
    case 'expired':
      break
  }
  return event
}

const NOBODY: Business = {
  legalName: '',
  contact: '',
  email: '',
  tel: undefined,
  site: '',
  purpose: '',
  callsPerDay: 0,
  provider: '',
}
const NOWHERE = { first: '', last: '' }
