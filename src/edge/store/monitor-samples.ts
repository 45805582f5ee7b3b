import type { Attempt } from '#core/observe/attempt.ts'
import type { Refusal } from '#core/observe/refusal.ts'

/** A refusal of each kind, for tests and benches. */
export function sampleRefusal(given: Partial<Refusal> = {}): Refusal {
  const blocker = given.blocker ?? 'redress.blocker-1.example'
  return {
    status: 603,
    phrase: 'Network Blocked',
    class: '603+',
    from: '+12125550117',
    to: '+13125550188',
    callId: 'call@clinic.example',
    who: `the network that serves the called party: ${blocker}`,
    why: 'analytics: the network judged the call likely to be unwanted or illegal',
    contest: { url: `https://${blocker}/r/Kc9vN2x0RrmJ3p6t1wQ8Zg`, tel: undefined, email: undefined, card: undefined },
    id: 'Kc9vN2x0RrmJ3p6t1wQ8Zg',
    location: 'RLN',
    verdict: 'conformant',
    faults: [],
    rules: [],
    standing: 'proven',
    damage: [],
    blocker,
    answer: ANSWER,
    ...given,
  }
}

/** The n-th attempt of a call centre: 400 numbers in 40 blocks, four carriers, twelve blockers; times and shares as given. */
export function sampleAttempt(
  number: number,
  {
    at,
    refusedInHundred = 5,
    ...given
  }: Partial<Attempt> & { readonly at: number; readonly refusedInHundred?: number },
): Attempt {
  const own = (number * 7) % 400
  const from = `+1212${555 + (own % 40)}0${String(own).padStart(3, '0')}`
  const to = `+1312${String(5_000_000 + ((number * 7919) % 999_983)).padStart(7, '0')}`
  const spread = (number * 2_654_435_761) % 4_294_967_296
  const isRefused = spread % 100 < refusedInHundred
  const kind = Math.floor(spread / 100) % 100
  const carrier = `carrier-${Math.floor(spread / 10_000) % 4}`
  const blocker = `redress.blocker-${Math.floor(spread / 40_000) % 12}.example`
  const refusal = { from, to, callId: `${number}@clinic.example`, blocker }
  return {
    key: `sample ${number}`,
    at,
    source: 'capture trunk.pcap',
    evidence: 'wire',
    from,
    to,
    carrier,
    ringMs: isRefused ? undefined : 4_000,
    setupMs: 800,
    end: isRefused
      ? { kind: 'refused', refusal: kindOf(kind, refusal, carrier) }
      : { kind: 'answered', durationMs: 30_000 },
    ...given,
  }
}

/** Of a hundred refusals: 40 say who blocked, 20 say nothing, 10 are a person's, 30 are busy. */
function kindOf(kind: number, given: Partial<Refusal>, carrier: string): Refusal {
  if (kind < 40) return sampleRefusal(given)
  const bare = { contest: NOWHERE, id: undefined, location: undefined, who: 'not said' }
  if (kind < 60)
    return sampleRefusal({ ...given, ...bare, phrase: 'Decline', class: '603', standing: 'unproven', blocker: carrier })
  if (kind < 70)
    return sampleRefusal({
      ...given,
      ...bare,
      status: 607,
      phrase: 'Unwanted',
      class: '607',
      standing: 'person',
      blocker: carrier,
    })
  return sampleRefusal({
    ...given,
    ...bare,
    status: 486,
    phrase: 'Busy Here',
    class: 'other',
    standing: 'fault',
    blocker: carrier,
  })
}

const NOWHERE = { url: undefined, tel: undefined, email: undefined, card: undefined }
const ANSWER = Buffer.from(
  'SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds\r\n' +
    'From: <sip:+12125550117@clinic.example>;tag=88sja8x\r\nTo: <sip:+13125550188@carrier.example>;tag=9fxced76sl\r\n' +
    'Call-ID: 3848276298220188511@clinic.example\r\nCSeq: 1 INVITE\r\nReason: SIP;cause=603;text="v=analytics1;' +
    'url=https://redress.blocker-1.example/r/Kc9vN2x0RrmJ3p6t1wQ8Zg;id=Kc9vN2x0RrmJ3p6t1wQ8Zg";location=RLN\r\n' +
    'Content-Length: 0\r\n\r\n',
)
