import type { CaseEvent } from './case-event.ts'
import type { Claim } from './claim.ts'
import type { Decision } from './decision.ts'

/** The event without what tells of a person: names, addresses, numbers, receipts and texts. It still reads as what it was. */
export function eraseEvent(event: CaseEvent): CaseEvent {
  switch (event.kind) {
    case 'opened':
      return { ...event, data: { way: event.data.way, claim: eraseClaim(event.data.claim), ...erasedRequest(event) } }
    case 'confirmed':
      return { ...event, data: { email: '' } }
    case 'updated':
      return { ...event, data: eraseUpdate(event.data) }
    case 'asked':
      return { ...event, data: { question: '' } }
    case 'answered':
      return { ...event, data: { ...event.data, text: '' } }
    case 'decided':
      return { ...event, data: { decision: eraseDecision(event.data.decision) } }
    case 'verified':
      return { ...event, data: { ...event.data, number: '' } }
    case 'regressed':
      return { ...event, data: { ...event.data, number: '', receipt: '' } }
    case 'withdrawn':
    case 'reopened':
      return { ...event, data: { reason: '' } }
    case 'corrected':
      return { ...event, data: { ...event.data, reason: '' } }
    case 'acknowledged':
    case 'effective':
    case 'expired':
      break
  }
  return event
}

function eraseClaim({ claimant: { acts } }: Claim): Claim {
  const claimant = { name: '', email: undefined, organisation: undefined, tel: undefined, acts }
  return { receipts: [], numbers: [], calls: [], claimant, purpose: '', changed: '', webhook: undefined }
}

function erasedRequest({ data: { request } }: Extract<CaseEvent, { kind: 'opened' }>) {
  return request === undefined ? {} : { request: { ...request, number: '', caller: undefined } }
}

function eraseUpdate(data: Extract<CaseEvent, { kind: 'updated' }>['data']): typeof data {
  switch (data.what) {
    case 'assigned':
      break
    case 'note':
    case 'message':
      return { ...data, text: '' }
    case 'evidence':
      return { ...data, file: { ...data.file, name: '' } }
    case 'proof':
      return { ...data, proof: { ...data.proof, number: '', detail: '' } }
  }
  return data
}

function eraseDecision(decision: Decision): Decision {
  switch (decision.outcome) {
    case 'lift':
      return { ...decision, lifts: [], reason: '' }
    case 'partly':
      return { ...decision, lifts: [], reason: '', next: '' }
    case 'uphold':
      return { ...decision, reason: '', evidence: [], next: '' }
    case 'grant':
      break
  }
  return { ...decision, reason: '' }
}
