// One thing: calls from copies of their messages to what is told of them. A table of stories, then orders, floods and any octets.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { CaptureReader } from '#codec/capture/capture-reader.ts'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import {
  ANSWERED_MS,
  AttemptTracker,
  HOPS_MAX,
  LINGER_MS,
  SETTLE_MS,
  SILENT_MS,
  TIMER_B_MS,
  type TrackerOptions,
} from './attempt-tracker.ts'
import type { Attempt } from './attempt.ts'

/** A message of a story: seconds, what, between whom (caller, proxy, carriers), and more. */
type Line = readonly [s: number, what: string, way: string, more?: More]
type More = {
  readonly branch?: string
  readonly cseq?: number
  readonly method?: string
  readonly to?: string
  readonly from?: string
  readonly vias?: number
  readonly fields?: string
  readonly tap?: string
  readonly callId?: string
  readonly clock?: number
}

const TEXT = 'v=analytics1;url=https://desk.northwire.example/c'
const NOTICE = `Reason: SIP;cause=603;text="${TEXT}";location=RLN\r\n`
const BLOCKED = { fields: NOTICE }
/** Between proxy and carriers there is one Via more. */
const A = { branch: 'A', vias: 2 }
const B = { branch: 'B', vias: 2 }

const STORIES: readonly (readonly [title: string, lines: readonly Line[], told: string])[] = [
  [
    'a 603+ is a refusal that is proven',
    [
      [0, 'INVITE', 'u>a'],
      [1, '603 Network Blocked', 'a>u', BLOCKED],
    ],
    'refused 603 proven @a desk.northwire.example',
  ],
  [
    'a plain 603 is one that is not',
    [
      [0, 'INVITE', 'u>a'],
      [1, '603 Decline', 'a>u'],
    ],
    'refused 603 unproven @a a',
  ],
  [
    'retransmissions of both are one attempt',
    [
      [0, 'INVITE', 'u>a'],
      [0.5, 'INVITE', 'u>a'],
      [1, '603 Decline', 'a>u'],
      [1.5, '603 Decline', 'a>u'],
      [20, '603 Decline', 'a>u'],
    ],
    'refused 603 unproven @a a',
  ],
  [
    'so are copies of another tap',
    [
      [0, 'INVITE', 'u>a'],
      [0.1, 'INVITE', 'u>a', { tap: 'y' }],
      [1, '486 Busy Here', 'a>u'],
      [1.1, '486 Busy Here', 'a>u', { tap: 'y' }],
    ],
    'refused 486 fault @a a',
  ],
  [
    'what is provisional ends nothing',
    [
      [0, 'INVITE', 'u>a'],
      [0, '100 Trying', 'a>u'],
      [1, '180 Ringing', 'a>u'],
      [9, '183 Session Progress', 'a>u'],
      [60, '180 Ringing', 'a>u'],
      [61, '486 Busy Here', 'a>u'],
    ],
    'refused 486 fault @a a ring=60',
  ],
  [
    'asked who he is, the caller calls again: one attempt',
    [
      [0, 'INVITE', 'u>a'],
      [1, '407 Proxy Authentication Required', 'a>u'],
      [1, 'INVITE', 'u>a', { cseq: 2, branch: 'y' }],
      [3, '603 Decline', 'a>u', { cseq: 2, branch: 'y' }],
    ],
    'refused 603 unproven @a a setup=3',
  ],
  [
    'or does not, and nobody knows how it ended',
    [
      [0, 'INVITE', 'u>a'],
      [1, '401 Unauthorized', 'a>u'],
    ],
    'unknown @a',
  ],
  [
    'sent elsewhere by 302 he goes there: one attempt',
    [
      [0, 'INVITE', 'u>a'],
      [1, '302 Moved Temporarily', 'a>u'],
      [1, 'INVITE', 'u>b', { cseq: 2, branch: 'y' }],
      [3, '200 OK', 'b>u', { cseq: 2, branch: 'y' }],
      [9, 'BYE', 'u>b'],
    ],
    'answered 6 @b setup=3',
  ],
  [
    'an answered call is told with its length',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u'],
      [3, '200 OK', 'a>u'],
      [63, 'BYE', 'u>a'],
    ],
    'answered 60 @a setup=3 ring=2',
  ],
  [
    'so is one that the called party ends',
    [
      [0, 'INVITE', 'u>a'],
      [3, '200 OK', 'a>u'],
      [8, 'BYE', 'a>u', { from: 't', to: 'f' }],
    ],
    'answered 5 @a setup=3',
  ],
  [
    'and one that is shorter than the wait',
    [
      [0, 'INVITE', 'u>a'],
      [1, '200 OK', 'a>u'],
      [2, 'BYE', 'u>a'],
    ],
    'answered 1 @a setup=1',
  ],
  [
    'two telephones pick up: the last one hung up on ends it',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u', { to: 't1' }],
      [1, '180 Ringing', 'a>u', { to: 't2' }],
      [2, '200 OK', 'a>u', { to: 't1' }],
      [2, '200 OK', 'a>u', { to: 't2' }],
      [3, 'BYE', 'u>a', { to: 't1' }],
      [12, 'BYE', 'u>a', { to: 't2' }],
    ],
    'answered 10 @a setup=2 ring=1',
  ],
  [
    'so long after, and a BYE that is sent again hangs up nothing more',
    [
      [0, 'INVITE', 'u>a'],
      [2, '200 OK', 'a>u', { to: 't1' }],
      [2, '200 OK', 'a>u', { to: 't2' }],
      [20, 'BYE', 'u>a', { to: 't1' }],
      [21, 'BYE', 'u>a', { to: 't1' }],
      [32, 'BYE', 'u>a', { to: 't2' }],
    ],
    'answered 30 @a setup=2',
  ],
  [
    'a BYE that was lost leaves it without length',
    [
      [0, 'INVITE', 'u>a'],
      [2, '200 OK', 'a>u'],
    ],
    'answered - @a setup=2',
  ],
  [
    'a caller who gives up',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u'],
      [9, 'CANCEL', 'u>a'],
      [9, '487 Request Terminated', 'a>u'],
    ],
    'cancelled @a setup=9 ring=8',
  ],
  [
    'without the copy of the 487 too',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u'],
      [9, 'CANCEL', 'u>a'],
    ],
    'cancelled @a ring=8',
  ],
  [
    'a CANCEL that crossed the 200 ends nothing',
    [
      [0, 'INVITE', 'u>a'],
      [9, 'CANCEL', 'u>a'],
      [9, '200 OK', 'a>u'],
      [10, 'BYE', 'u>a'],
    ],
    'answered 1 @a setup=9',
  ],
  [
    'a notice that crossed the CANCEL is a refusal',
    [
      [0, 'INVITE', 'u>a'],
      [9, 'CANCEL', 'u>a'],
      [9, '603 Network Blocked', 'a>u', BLOCKED],
    ],
    'refused 603 proven @a desk.northwire.example setup=9',
  ],
  [
    'a 480 as the answer to CANCEL is none',
    [
      [0, 'INVITE', 'u>a'],
      [9, 'CANCEL', 'u>a'],
      [9, '480 Temporarily Unavailable', 'a>u'],
    ],
    'cancelled @a setup=9',
  ],
  [
    'of two ways at once that refused otherwise, which one was passed on is likely and not certain',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [0, 'INVITE', 'p>b', B],
      [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }],
      [1, '486 Busy Here', 'b>p', B],
      [2, '603 Decline', 'p>u'],
    ],
    'refused 603 proven @a desk.northwire.example damage=phrase-rewritten:likely:p,reason-stripped:likely:p',
  ],
  [
    'a notice under a changed code that crossed the CANCEL is a refusal too',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u'],
      [9, 'CANCEL', 'u>a'],
      [9, '403 Forbidden', 'a>u', BLOCKED],
    ],
    'refused 403 unproven @a desk.northwire.example setup=9 ring=8 damage=code-changed:likely:',
  ],
  [
    'a 2xx that a proxy sends after a refusal wins, RFC 3261 §16.7, and a refusal after a 2xx changes nothing',
    [
      [0, 'INVITE', 'u>p'],
      [1, '603 Decline', 'p>u'],
      [2, '200 OK', 'p>u'],
      [2, '486 Busy Here', 'p>u'],
      [9, 'BYE', 'u>p', { to: 't' }],
    ],
    'answered 7 @p setup=2',
  ],
  [
    'a 480 before the CANCEL is one',
    [
      [0, 'INVITE', 'u>a'],
      [9, '480 Temporarily Unavailable', 'a>u'],
      [9, 'CANCEL', 'u>a'],
    ],
    'refused 480 fault @a a setup=9',
  ],
  [
    'nobody answers at all',
    [
      [0, 'INVITE', 'u>a'],
      [1, 'INVITE', 'u>a'],
      [3, 'INVITE', 'u>a'],
    ],
    'unknown @a',
  ],
  [
    'the answer was lost, and who hangs up was connected',
    [
      [0, 'INVITE', 'u>a'],
      [1, '180 Ringing', 'a>u'],
      [60, 'BYE', 'a>u', { from: 't', to: 'f' }],
    ],
    'answered - @a',
  ],
  [
    'the INVITE was lost, and the refusal tells enough',
    [[1, '603 Network Blocked', 'a>u', BLOCKED]],
    'refused 603 proven @a desk.northwire.example',
  ],
  [
    'of a 200 alone nobody knows what it answered',
    [
      [1, '200 OK', 'a>u'],
      [9, 'BYE', 'u>a'],
    ],
    '',
  ],
  [
    'with a 180 before it it answered a call',
    [
      [1, '180 Ringing', 'a>u'],
      [3, '200 OK', 'a>u'],
      [9, 'BYE', 'u>a'],
    ],
    'answered 6 @a ring=2',
  ],
  [
    'a 487 or 401 alone is nothing',
    [
      [1, '487 Request Terminated', 'a>u'],
      [2, '401 Unauthorized', 'a>u', { callId: 'd' }],
    ],
    '',
  ],
  [
    'a re-INVITE is no attempt',
    [
      [0, 'INVITE', 'u>a', { to: 't' }],
      [1, '488 Not Acceptable Here', 'a>u'],
    ],
    '',
  ],
  [
    'nor is one within a call that is followed, from either side',
    [
      [0, 'INVITE', 'u>a'],
      [1, '200 OK', 'a>u'],
      [20, 'INVITE', 'u>a', { to: 't', cseq: 2, branch: 'y' }],
      [21, '491 Request Pending', 'a>u', { cseq: 2, branch: 'y' }],
      [30, 'INVITE', 'a>u', { from: 't', to: 'f', branch: 'z' }],
      [31, '603 Decline', 'u>a', { from: 't', to: 'f', branch: 'z' }],
      [61, 'BYE', 'u>a'],
    ],
    'answered 60 @a setup=1',
  ],
  ['an answer to other methods is none', [[1, '603 Decline', 'a>u', { method: 'MESSAGE' }]], ''],
  [
    'two hops of one answer are one attempt, of the carrier',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }],
      [1, '603 Network Blocked', 'p>u', BLOCKED],
    ],
    'refused 603 proven @a desk.northwire.example setup=1',
  ],
  [
    'a proxy that rewrites the phrase is named, with what was there before',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }],
      [1, '603 Decline', 'p>u', BLOCKED],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 damage=phrase-rewritten:certain:p',
  ],
  [
    'one that strips the Reason too',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }],
      [1, '603 Network Blocked', 'p>u'],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 damage=reason-stripped:certain:p',
  ],
  [
    'one that makes a 480 of a 608',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '608 Rejected', 'a>p', A],
      [1, '480 Temporarily Unavailable', 'p>u'],
    ],
    'refused 480 proven @a a setup=1 damage=code-changed:certain:p',
  ],
  [
    'and one that makes a 486 of a 480 does nothing to a notice',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '480 Temporarily Unavailable', 'a>p', A],
      [1, '486 Busy Here', 'p>u'],
    ],
    'refused 486 fault @a a setup=1',
  ],
  [
    'something between two taps of one hop changes it',
    [
      [0, 'INVITE', 'u>a'],
      [1, '603 Network Blocked', 'a>u', BLOCKED],
      [1, '603 Network Blocked', 'a>u', { tap: 'y' }],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 damage=reason-stripped:certain:u',
  ],
  [
    'so does one that a single tap sees both sides of',
    [
      [0, 'INVITE', 'u>a'],
      [1, '603 Network Blocked', 'a>u', BLOCKED],
      [1, '603 Network Blocked', 'g>u'],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 damage=reason-stripped:certain:u',
  ],
  [
    'a B2BUA that keeps the Call-ID is a hop',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', { branch: 'A' }],
      [1, '603 Network Blocked', 'a>p', { branch: 'A', ...BLOCKED }],
      [1, '603 Decline', 'p>u'],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 damage=phrase-rewritten:certain:p,reason-stripped:certain:p',
  ],
  [
    'refused by one carrier, taken by the next: both are told',
    [
      [0, 'INVITE', 'u>a'],
      [1, '603 Network Blocked', 'a>u', BLOCKED],
      [1, 'INVITE', 'u>b', { branch: 'B' }],
      [3, '200 OK', 'b>u', { branch: 'B' }],
      [9, 'BYE', 'u>b'],
    ],
    'refused 603 proven @a desk.northwire.example setup=1 advanced; answered 6 @b setup=2',
  ],
  [
    'so by a proxy further on',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '603 Decline', 'a>p', A],
      [1, 'INVITE', 'p>b', B],
      [4, '486 Busy Here', 'b>p', B],
      [4, '486 Busy Here', 'p>u'],
    ],
    'refused 603 unproven @a a setup=1 advanced; refused 486 fault @b b setup=4',
  ],
  [
    'and by one further on still',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>q', { branch: 'Q', vias: 2 }],
      [0, 'INVITE', 'q>a', { branch: 'A', vias: 3 }],
      [1, '603 Decline', 'a>q', { branch: 'A', vias: 3 }],
      [1, 'INVITE', 'q>b', { branch: 'B', vias: 3 }],
      [4, '486 Busy Here', 'b>q', { branch: 'B', vias: 3 }],
      [4, '486 Busy Here', 'q>p', { branch: 'Q', vias: 2 }],
      [4, '486 Busy Here', 'p>u'],
    ],
    'refused 603 unproven @a a setup=1 advanced; refused 486 fault @b b setup=4',
  ],
  [
    'and where the next one answers, it is the carrier',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [1, '603 Decline', 'a>p', A],
      [1, 'INVITE', 'p>b', B],
      [4, '200 OK', 'b>p', B],
      [4, '200 OK', 'p>u'],
      [9, 'BYE', 'u>p'],
    ],
    'refused 603 unproven @a a setup=1 advanced; answered 5 @b setup=4',
  ],
  [
    'a second number of CSeq is another way too',
    [
      [0, 'INVITE', 'u>a'],
      [1, '503 Service Unavailable', 'a>u'],
      [1, 'INVITE', 'u>b', { branch: 'B', cseq: 2 }],
      [2, '603 Decline', 'b>u', { branch: 'B', cseq: 2 }],
    ],
    'refused 503 fault @a a setup=1 advanced; refused 603 unproven @b b setup=1',
  ],
  [
    'several asked at once are one attempt, of the answer that was passed on',
    [
      [0, 'INVITE', 'u>p'],
      [0, 'INVITE', 'p>a', A],
      [0, 'INVITE', 'p>b', B],
      [1, '486 Busy Here', 'a>p', A],
      [2, '603 Decline', 'b>p', B],
      [2, '603 Decline', 'p>u'],
    ],
    'refused 603 unproven @b b setup=2',
  ],
  [
    'where the tap is beyond the proxy the 6xx counts',
    [
      [0, 'INVITE', 'p>a', A],
      [0, 'INVITE', 'p>b', B],
      [1, '603 Decline', 'a>p', A],
      [2, '486 Busy Here', 'b>p', B],
    ],
    'refused 603 unproven @a a setup=1',
  ],
  [
    'and the 200 above all',
    [
      [0, 'INVITE', 'p>a', A],
      [0, 'INVITE', 'p>b', B],
      [1, '603 Decline', 'a>p', A],
      [2, '200 OK', 'b>p', B],
      [5, 'BYE', 'p>b'],
    ],
    'answered 3 @b setup=2',
  ],
  [
    'clocks of two taps are not compared',
    [
      [0, 'INVITE', 'u>a'],
      [2, '603 Decline', 'a>u', { tap: 'y', clock: 900 }],
    ],
    'refused 603 unproven @a a setup=2',
  ],
  [
    'that of one tap is',
    [
      [0, 'INVITE', 'u>a', { clock: 100 }],
      [2, '603 Decline', 'a>u', { clock: 103 }],
    ],
    'refused 603 unproven @a a setup=3',
  ],
]

for (const [title, lines, told] of STORIES) {
  test(title, () => {
    const { attempts, tracker, end } = track()
    for (const line of lines) show(tracker, line)
    end()

    const untold = ['setup', 'ring'].filter((name) => !told.includes(`${name}=`))
    const words = attempts.map((attempt) => wordsOf(attempt, untold)).join('; ')
    assert.equal(words, told)
    assert.equal(new Set(attempts.map(({ key }) => key)).size, attempts.length, 'each has a key of its own')
    const { answered, refused, cancelled, unknown } = tracker.figures
    assert.equal(answered + refused + cancelled + unknown, attempts.length)
  })
}

test('where the copy nearest to the caller was lost, the nearest that was seen counts', () => {
  const cases: [lines: Line[], told: string][] = [
    [[[1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }]], 'refused 603 proven @a desk.northwire.example'],
    [
      [
        [1, '200 OK', 'a>p', A],
        [9, 'BYE', 'u>p'],
      ],
      'answered 8 @a',
    ],
    [
      [
        [1, 'CANCEL', 'u>p'],
        [1, '480 Temporarily Unavailable', 'a>p', A],
      ],
      'cancelled @a',
    ],
    [
      [
        [1, '503 Service Unavailable', 'a>p', A],
        [2, 'INVITE', 'p>b', B],
        [3, '486 Busy Here', 'b>p', B],
      ],
      'refused 503 fault @a a advanced; refused 486 fault @b b',
    ],
  ]
  for (const [lines, told] of cases) {
    const { attempts, tracker, end } = track()
    for (const line of [[0, 'INVITE', 'u>p'], [0, 'INVITE', 'p>a', A], ...lines] satisfies Line[]) show(tracker, line)
    end()
    assert.equal(attempts.map((attempt) => wordsOf(attempt, ['setup', 'ring'])).join('; '), told)
  }
})

test('names that are made to collide take the place of each other, and of nobody else', () => {
  const names = collidingNames()
  assert.equal(names.length, 16)
  const { attempts, tracker } = track()
  show(tracker, [0, 'INVITE', 'u>a', { callId: 'innocent' }])
  for (const callId of names) show(tracker, [0, 'INVITE', 'u>a', { callId }])
  assert.deepEqual([tracker.size, tracker.figures.forgotten], [9, 8])
  for (const callId of ['innocent', ...names]) show(tracker, [1, '486 Busy Here', 'a>u', { callId }])
  tracker.finish()
  assert.ok(attempts.some(({ setupMs }) => setupMs === 1000))

  const seeded = track(100, { seed: 0x5eed })
  for (const callId of names) show(seeded.tracker, [0, 'INVITE', 'u>a', { callId }])
  assert.deepEqual(
    [seeded.tracker.size, seeded.tracker.figures.forgotten],
    [16, 0],
    'a seed that nobody knows parts them',
  )
})

test('a refusal by the first way is not forgotten where the next rings and room is short', () => {
  const { attempts, tracker } = track(1)
  const lines: Line[] = [
    [0, 'INVITE', 'u>p'],
    [0, 'INVITE', 'p>a', A],
    [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED }],
    [1, 'INVITE', 'p>b', B],
    [2, '180 Ringing', 'b>p', B],
    [3, 'INVITE', 'u>p', { callId: 'd' }],
  ]
  for (const line of lines) show(tracker, line)
  assert.deepEqual([tracker.figures.forgotten, tracker.figures.hurried, tracker.size], [0, 1, 1])
  assert.match(
    attempts.map((attempt) => wordsOf(attempt, ['setup', 'ring'])).join('; '),
    /^refused 603 proven @a .* advanced; /,
  )
})

test('a capture of real elements: a switch and two gates, then a proxy that rewrites', () => {
  const told = ['calls.pcap', 'rewritten.pcapng'].map((file) => {
    const { attempts, tracker } = track()
    const message = new Message()
    const reader = new CaptureReader({
      onMessage: (bytes, start, end, origin) => {
        message.read(bytes, start, end)
        const atMs = origin.atUs / 1000
        tracker.see(message, {
          atMs,
          nowMs: atMs,
          tap: file,
          sender: origin.source ?? '',
          receiver: origin.destination ?? '',
        })
      },
    })
    reader.push(readFileSync(new URL(`../../../examples/captures/${file}`, import.meta.url)))
    reader.finish()
    tracker.finish()
    return attempts.map(({ end }) =>
      end.kind === 'refused'
        ? [
            end.refusal.status,
            end.refusal.standing,
            ...end.refusal.damage.map(({ kind, sureness }) => `${kind} ${sureness}`),
          ].join(' ')
        : end.kind,
    )
  })
  assert.deepEqual(told, [
    ['answered', '603 proven', '603 unproven', '607 person', '433 person', '608 proven'],
    ['603 proven phrase-rewritten certain'],
  ])
})

test('stories of each end are told, and of none', () => {
  for (const kind of [/^answered/, /^refused/, /^cancelled/, /^unknown/, /^$/, /damage=/, /advanced/])
    assert.ok(STORIES.filter(([, , told]) => kind.test(told)).length >= 2, String(kind))
})

test('both versions of what was changed are told, with who sent them where', () => {
  const { attempts, tracker, end } = track()
  for (const line of [
    [0, 'INVITE', 'u>p'],
    [0, 'INVITE', 'p>a', A],
    [1, '603 Network Blocked', 'a>p', { ...A, ...BLOCKED, tap: 'outside' }],
    [1, '603 Decline', 'p>u', { tap: 'inside' }],
  ] satisfies Line[])
    show(tracker, line)
  end()

  const refusal = refusalIn(attempts[0])
  assert.deepEqual(
    refusal.damage.map(({ kind, seen }) => [kind, seen]),
    ['phrase-rewritten', 'reason-stripped'].map((kind) => [
      kind,
      {
        before: {
          tap: 'outside',
          sender: 'a',
          receiver: 'p',
          status: 603,
          phrase: 'Network Blocked',
          reasons: [`SIP;cause=603;text="${TEXT}";location=RLN`],
        },
        after: { tap: 'inside', sender: 'p', receiver: 'u', status: 603, phrase: 'Decline', reasons: [] },
      },
    ]),
  )
  assert.deepEqual(
    [refusal.status, refusal.phrase, refusal.class],
    [603, 'Decline', '603'],
    'what arrived is what is observed',
  )
  assert.equal(refusal.contest.url, 'https://desk.northwire.example/c', 'whom to ask is what a tap saw')
  assert.match(new TextDecoder().decode(refusal.answer), /^SIP\/2\.0 603 Decline\r\n/)
})

test('an attempt waits no longer than it has to, and is told when its time has come', () => {
  const cases: [what: string, lines: Line[], waitMs: number][] = [
    [
      'a refusal',
      [
        [0, 'INVITE', 'u>a'],
        [0, '603 Decline', 'a>u'],
      ],
      SETTLE_MS,
    ],
    ['silence', [[0, 'INVITE', 'u>a']], TIMER_B_MS],
    [
      'an answer that is owed',
      [
        [0, 'INVITE', 'u>a'],
        [0, '180 Ringing', 'a>u'],
      ],
      SILENT_MS,
    ],
    [
      'a BYE',
      [
        [0, 'INVITE', 'u>a'],
        [0, '200 OK', 'a>u'],
      ],
      SETTLE_MS + ANSWERED_MS,
    ],
  ]
  for (const [what, lines, waitMs] of cases) {
    const { attempts, tracker } = track()
    for (const line of lines) show(tracker, line)
    if (what === 'a BYE') tracker.pass(START_MS + SETTLE_MS)
    tracker.pass(START_MS + waitMs - 1)
    assert.equal(attempts.length, 0, what)
    tracker.pass(START_MS + waitMs)
    assert.equal(attempts.length, 1, what)
    tracker.pass(START_MS + waitMs + LINGER_MS)
    assert.deepEqual([tracker.size, tracker.bytes], [0, 0], `${what} leaves nothing behind`)
  }
})

test('a CANCEL is waited for no longer than a transaction lasts, and what is provisional without an INVITE is nothing', () => {
  const { attempts, tracker } = track()
  const lines: Line[] = [
    [0, 'INVITE', 'u>a'],
    [0, '180 Ringing', 'a>u'],
    [0, 'CANCEL', 'u>a'],
  ]
  for (const line of lines) show(tracker, line)
  tracker.pass(START_MS + TIMER_B_MS - 1)
  assert.equal(attempts.length, 0)
  tracker.pass(START_MS + TIMER_B_MS)
  assert.deepEqual(
    attempts.map(({ end }) => end.kind),
    ['cancelled'],
  )
  show(tracker, [40, '100 Trying', 'a>u', { callId: 'd' }])
  assert.equal(tracker.figures.stray, 0)
  show(tracker, [40, '200 OK', 'a>u', { callId: 'd' }])
  assert.equal(tracker.figures.stray, 1)
})

test('a late copy of what was told tells nothing again', () => {
  const { attempts, tracker } = track()
  const lines: Line[] = [
    [0, 'INVITE', 'u>a'],
    [1, '603 Decline', 'a>u'],
    [9, '603 Decline', 'a>u'],
    [10, 'INVITE', 'u>a', { tap: 'y', branch: 'late' }],
  ]
  for (const line of lines) show(tracker, line)
  tracker.finish()
  assert.equal(attempts.length, 1)
})

test('the first call after a pause is told, though the length of the pause is believed at its second message', () => {
  const { attempts, tracker } = track()
  const first: More = { callId: 'first', clock: 80_000 }
  const lines: Line[] = [
    [0, 'INVITE', 'u>a'],
    [1, '603 Decline', 'a>u'],
    [2, 'INVITE', 'u>a', { callId: 'unanswered' }],
    [2, 'INVITE', 'u>a', first],
    [80_001, '607 Unwanted', 'a>u', { ...first, clock: 80_001 }],
  ]
  for (const line of lines) show(tracker, line)
  assert.deepEqual(
    attempts.map(({ end }) => end.kind),
    ['unknown', 'refused'],
    'what was on its way before the pause is over',
  )
  tracker.finish()
  assert.deepEqual(
    attempts.slice(2).map(({ at, end }) => [at, end.kind === 'refused' && end.refusal.status]),
    [[START_MS + 80_000_000, 607]],
  )
})

test('the caller who calls again under the same Call-ID makes another attempt', () => {
  const { attempts, tracker } = track()
  const again: More = { branch: 'again', cseq: 2 }
  const lines: Line[] = [
    [0, 'INVITE', 'u>a'],
    [1, '603 Decline', 'a>u'],
    [20, 'INVITE', 'u>a', again],
    [21, '603 Decline', 'a>u', again],
  ]
  for (const line of lines) show(tracker, line)
  tracker.finish()
  assert.equal(attempts.length, 2)
  assert.notEqual(attempts[0]!.key, attempts[1]!.key)
  assert.equal(attempts[1]!.at, START_MS + 20_000)
})

test('two trackers of two sources give one call the same key', () => {
  const keys = ['x', 'y'].map((tap) => {
    const { attempts, tracker } = track()
    if (tap === 'x') show(tracker, [0, 'INVITE', 'u>a', { tap }])
    show(tracker, [1, '603 Decline', 'a>u', { tap }])
    tracker.finish()
    return attempts[0]!.key
  })
  assert.match(keys[0]!, /^[0-9a-f]{32}$/)
  assert.equal(keys[0], keys[1])
})

test('a configured carrier is told by its name, on whatever hop it answered', () => {
  const nameCarrier = (address: string) => (address === 'a' ? 'Northwire' : undefined)
  const { attempts, tracker } = track(100, { nameCarrier })
  const deep = { branch: 'D', vias: 3 }
  const lines: Line[] = [
    [0, 'INVITE', 'u>p'],
    [0, 'INVITE', 'p>a', A],
    [0, 'INVITE', 'a>z', deep],
    [1, '603 Decline', 'z>a', deep],
    [1, '603 Decline', 'a>p', A],
    [1, '603 Decline', 'p>u'],
  ]
  for (const line of lines) show(tracker, line)
  tracker.finish()
  assert.deepEqual(
    attempts.map(({ carrier, source }) => [carrier, source]),
    [['Northwire', 't']],
  )
})

test('whatever the order of copies from three hops, the attempt is one, of the nearest answer, with the same damage', () => {
  const lines: Line[] = [
    [0, 'INVITE', 'u>p'],
    [0, 'INVITE', 'p>q', A],
    [0, 'INVITE', 'q>a', { branch: 'D', vias: 3 }],
    [1, '603 Network Blocked', 'a>q', { branch: 'D', vias: 3, ...BLOCKED }],
    [1, '603 Network Blocked', 'q>p', A],
    [1, '480 Temporarily Unavailable', 'p>u'],
  ]
  let runs = 0
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
      const { attempts, tracker } = track()
      for (const line of shuffled) show(tracker, line)
      tracker.finish()
      const words =
        'refused 480 proven @a desk.northwire.example damage=reason-stripped:certain:q,code-changed:certain:p,phrase-rewritten:certain:p'
      assert.equal(attempts.map((attempt) => wordsOf(attempt, ['setup', 'ring'])).join('; '), words)
      runs++
    }),
    { numRuns: 300 },
  )
  assert.equal(runs, 300)
})

test('as many calls are followed as there is room for; those never answered are forgotten by count, others told early', () => {
  const { attempts, tracker } = track(3)
  for (const callId of ['1', '2', '3', '4']) show(tracker, [0, 'INVITE', 'u>a', { callId }])
  assert.deepEqual([tracker.size, tracker.figures.forgotten, attempts.length], [3, 1, 0])
  for (const callId of ['2', '3', '4']) show(tracker, [0, '603 Decline', 'a>u', { callId }])
  show(tracker, [0, 'INVITE', 'u>a', { callId: '5' }])
  assert.deepEqual([tracker.size, tracker.figures.forgotten, tracker.figures.hurried], [3, 1, 1])
  assert.deepEqual(
    attempts.map(({ end }) => end.kind),
    ['refused'],
  )
  tracker.finish()
  assert.equal(attempts.length, 4)
  assert.deepEqual([tracker.size, tracker.bytes], [0, 0])
})

test('no flood takes more than the memory that is granted', () => {
  const bytesMax = 200_000
  const { attempts, tracker } = track(100_000, { bytesMax })
  const filler = `X-Filler: ${'x'.repeat(900)}\r\n`.repeat(8)
  for (let count = 0; count < 400; count++) {
    const callId = `flood-${count}`
    for (let hop = 0; hop < (count % 40 === 0 ? HOPS_MAX + 2 : 2); hop++) {
      const more = { callId, branch: `b${hop}` }
      show(tracker, [0, 'INVITE', 'u>a', more])
      show(tracker, [0, '603 Decline', 'a>u', { ...more, fields: filler }])
      assert.ok(tracker.bytes <= bytesMax, `${tracker.bytes}`)
    }
  }
  tracker.finish()
  assert.equal(tracker.bytes, 0)
  assert.ok(tracker.figures.hurried > 100 && tracker.figures.crowded > 0)
  assert.ok(attempts.length >= 400)
})

test('what names no call is counted and nothing more', () => {
  const cases = [
    'INVITE sip:b@a SIP/2.0\r\n\r\n',
    'SIP/2.0 603 Decline\r\nCall-ID: c\r\nFrom: <sip:a@b>;tag=f\r\nCSeq: 1 INVITE\r\n\r\n',
    `SIP/2.0 603 Decline\r\nVia: SIP/2.0/UDP u;branch=x\r\nCall-ID: ${'c'.repeat(600)}\r\nFrom: <sip:a@b>;tag=f\r\nCSeq: 1 INVITE\r\n\r\n`,
    'SIP/2.0 603 Decline\r\nVia: what\r\nCall-ID: c\r\nFrom: <sip:a@b>;tag=f\r\nCSeq: 1 INVITE\r\n\r\n',
  ]
  const { attempts, tracker } = track()
  for (const text of cases) {
    const message = new Message()
    message.read(encodeText(text))
    tracker.see(message, sightingOf(0, 'u>a', {}))
  }
  tracker.finish()
  assert.deepEqual([tracker.figures.unreadable, attempts.length], [cases.length, 0])
})

test('any octets, any clocks, any order: nothing is thrown, memory is kept, every call is told once or counted', () => {
  const what = fc.constantFrom(
    'INVITE',
    '100 Trying',
    '180 Ringing',
    '200 OK',
    '302 Moved',
    '401 Unauthorized',
    '486 Busy Here',
    '487 Request Terminated',
    '603 Network Blocked',
    '607 Unwanted',
    '608 Rejected',
    'CANCEL',
    'BYE',
    'ACK',
  )
  const name = fc.constantFrom('A', 'B', 'C', 'D')
  const part = fc.record({
    s: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(-1e12, 1e12, Number.NaN)),
    what,
    way: fc
      .tuple(fc.constantFrom('u', 'p', 'a', 'b', ''), fc.constantFrom('u', 'p', 'a', 'b', ''))
      .map((ends) => ends.join('>')),
    branch: name,
    callId: fc.constantFrom('1', '2', '3', '4', '5', '6'),
    cseq: fc.integer({ min: 1, max: 3 }),
    to: fc.constantFrom('', 't', 'f'),
    from: fc.constantFrom('f', 't'),
    vias: fc.integer({ min: 0, max: 4 }),
    tap: name,
    fields: fc.constantFrom('', NOTICE, 'Reason: SIP;cause=603;text="v=analyt\r\n', 'Reason: Q.850;cause=17\r\n'),
    cutAt: fc.option(fc.nat(400), { nil: undefined }),
    flip: fc.option(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { nil: undefined }),
  })
  let told = 0
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (parts, capacity) => {
      const { attempts, tracker } = track(capacity, { bytesMax: 40_000 })
      for (const { s, what: start, way, cutAt, flip, ...more } of parts) {
        const bytes = write(start, more).slice(0, cutAt)
        if (flip !== undefined && flip[0] < bytes.length) bytes[flip[0]] = flip[1]
        const message = new Message()
        message.read(bytes)
        tracker.see(message, sightingOf(s, way, more))
        assert.ok(tracker.size <= capacity && tracker.bytes <= 40_000)
      }
      tracker.finish()
      assert.deepEqual([tracker.size, tracker.bytes], [0, 0])
      const { answered, refused, cancelled, unknown } = tracker.figures
      assert.equal(answered + refused + cancelled + unknown, attempts.length)
      for (const { setupMs, ringMs, key } of attempts) {
        assert.ok((setupMs ?? 0) >= 0 && (ringMs ?? 0) >= 0)
        assert.match(key, /^[0-9a-f]{32}$/)
      }
      told += attempts.length
    }),
    { numRuns: 1500 },
  )
  assert.ok(told > 500, `${told} told`)
})

/** Call-IDs of one length and one FNV-1a: of each pair of pieces that collide either may stand in the name. */
function collidingNames(): string[] {
  let names = ['']
  let state = 0x811c9dc5
  for (let round = 0; round < 4; round++) {
    const met = new Map<number, string>()
    for (let count = 0; ; count++) {
      const piece = (Math.imul(count, 0x9e3779b1) >>> 0).toString(36).padStart(8, '0')
      let hash = state
      for (let at = 0; at < piece.length; at++) hash = Math.imul(hash ^ piece.charCodeAt(at), 0x01000193)
      const other = met.get(hash)
      met.set(hash, piece)
      if (other === undefined) continue
      names = names.flatMap((name) => [name + other, name + piece])
      state = hash
      break
    }
  }
  return names
}

function track(capacity = 100, options: TrackerOptions = {}) {
  const attempts: Attempt[] = []
  const tracker = new AttemptTracker(capacity, (attempt) => attempts.push(attempt), options)
  const end = () => {
    // Time passes first, so that stories end by it; then whatever is left.
    for (let s = 61; s <= 600; s += 1) tracker.pass(START_MS + s * 1000)
    tracker.finish()
  }
  return { attempts, tracker, end }
}

function show(tracker: AttemptTracker, [s, what, way, more = {}]: Line): void {
  const message = new Message()
  message.read(write(what, more))
  tracker.see(message, sightingOf(s, way, more))
}

function sightingOf(s: number, way: string, { tap = 't', clock = s }: More) {
  const [sender = '', receiver = ''] = way.split('>')
  return { nowMs: START_MS + s * 1000, atMs: START_MS + clock * 1000, tap, sender, receiver }
}

function write(what: string, more: More): Uint8Array {
  const { branch = 'x', cseq = 1, from = 'f', vias = 1, fields = '', callId = 'c' } = more
  const isRequest = !/^\d/.test(what)
  const {
    to = /^(?:INVITE|CANCEL)/.test(what) ? '' : 't',
    method = isRequest && what !== 'CANCEL' ? what : isRequest ? 'CANCEL' : 'INVITE',
  } = more
  return encodeText(
    `${isRequest ? `${what} sip:+14155550163@b.example SIP/2.0` : `SIP/2.0 ${what}`}\r\n` +
      Array.from(
        { length: vias },
        (_, at) => `Via: SIP/2.0/UDP 192.0.2.${at};branch=z9hG4bK${at === 0 ? branch : `${branch}-${at}`}\r\n`,
      ).join('') +
      `From: "A; tag=no" <sip:+12125550117@a.example>;tag=${from}\r\nTo: <sip:+14155550163@b.example>${to === '' ? '' : `;tag=${to}`}\r\n` +
      `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${fields}Content-Length: 0\r\n\r\n`,
  )
}

function wordsOf(
  { end, carrier, setupMs, ringMs, advanced, from, to, evidence, call }: Attempt,
  untold: readonly string[],
): string {
  assert.deepEqual([from, to, evidence], ['+12125550117', '+14155550163', 'wire'])
  if (advanced === true) assert.ok(call !== undefined)
  const words: string[] = [end.kind]
  if (end.kind === 'answered') words.push(end.durationMs === undefined ? '-' : String(end.durationMs / 1000))
  if (end.kind === 'refused') words.push(String(end.refusal.status), end.refusal.standing)
  words.push(`@${carrier}`)
  if (end.kind === 'refused') words.push(end.refusal.blocker)
  if (setupMs !== undefined && !untold.includes('setup')) words.push(`setup=${setupMs / 1000}`)
  if (ringMs !== undefined && !untold.includes('ring')) words.push(`ring=${ringMs / 1000}`)
  if (end.kind === 'refused' && end.refusal.damage.length > 0) {
    const damage = end.refusal.damage.map(
      ({ kind, sureness, seen }) => `${kind}:${sureness}:${seen?.before.receiver ?? ''}`,
    )
    words.push(`damage=${damage.join()}`)
  }
  if (advanced === true) words.push('advanced')
  return words.join(' ')
}

function refusalIn(attempt: Attempt | undefined) {
  assert.ok(attempt?.end.kind === 'refused')
  return attempt.end.refusal
}

const START_MS = Date.UTC(2026, 9, 26, 12)
