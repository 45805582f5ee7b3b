/** What was seen of one call of a peer test: whether the gate was asked about it, and whether it went on. */
export type CallSeen = { readonly asked: boolean; readonly wentOn: boolean }

/** What was seen of a test of a peer. */
export type TrialSeen = {
  readonly peer: string
  readonly allow: CallSeen
  readonly block: CallSeen
  readonly continueStatus: number
  readonly status: number
  /** Other calls of the peer that the gate heard of meanwhile. */
  readonly others: number
}

export type TrialFinding = 'right' | 'inverted' | 'blocks-go-on' | 'nothing-goes-on' | 'not-asked' | 'asked-about-one'

/** What the peer does with the gate's answers. */
export function findTrial({ allow, block }: TrialSeen): TrialFinding {
  if (!allow.asked && !block.asked) return 'not-asked'
  if (!allow.asked || !block.asked) return 'asked-about-one'
  if (allow.wentOn) return block.wentOn ? 'blocks-go-on' : 'right'
  return block.wentOn ? 'inverted' : 'nothing-goes-on'
}

/** The same in words: what it means, and what to do, one line each. */
export function explainTrial(seen: TrialSeen): readonly [verdict: string, ...more: string[]] {
  const { peer, allow, block, continueStatus, status, others } = seen
  const finding = findTrial(seen)
  if (finding === 'right')
    return [`${peer} does as the gate says: it went on after ${continueStatus}, and stopped at ${status}.`]
  if (finding === 'inverted') {
    return [
      `${peer} does the opposite of what the gate says: it stopped at ${continueStatus} (continue) and went on after ${status} (blocked).`,
      'In service, every allowed call would die and every blocked call would ring.',
      `Its route-advance table is the wrong way round for a gate: it takes ${continueStatus} for the end of the call, and ${status} for a reason to try the next route.`,
      'ProSBC ships like that (route retry: 404 stop, 603 continue).',
      `Change the table of that switch: go on (advance, retry, re-route) after ${continueStatus}; stop after 603, 607, 608, 433 and 403.`,
      'Then test again.',
    ]
  }
  if (finding === 'blocks-go-on') {
    return [
      `${peer} goes on whatever the gate says: it went on after ${status} (blocked) too.`,
      'In service, every blocked call would ring, although the ledger says that it was blocked.',
      'Take 603, 607, 608, 433 and 403 out of what makes that switch advance, crank back or fork to another route.',
    ]
  }
  if (finding === 'nothing-goes-on') {
    return [
      `${peer} stops whatever the gate says: it stopped at ${continueStatus} (continue) too.`,
      'In service, every call would die.',
      `Let that switch go on after ${continueStatus}, or choose a status that it goes on after (gate.peers[].continue: 404, 503, 302).`,
      'If it does go on and the call never arrived: does it route the two numbers to where this test listens?',
    ]
  }
  const otherNumbers = others > 0
  if (finding === 'asked-about-one') {
    const missing = allow.asked ? 'the one to be blocked' : 'the one to be let go on'
    const went = (allow.asked ? block : allow).wentOn ? ' It went on all the same.' : ''
    return [
      `${peer} asked the gate about one of the two calls only: not about ${missing}.${went}`,
      otherNumbers
        ? 'It asked about another number meanwhile: does it change the number before it asks?'
        : 'Does it route that number past the gate?',
    ]
  }
  const told = `${peer} asked the gate about neither call.`
  if (otherNumbers) {
    return [
      told,
      'It asked about other calls meanwhile: does it change the numbers before it asks, or were others dialled?',
    ]
  }
  return [
    told,
    'Does it route new calls to the gate, and from an address that gate.peers names for it?',
    'recourse_gate_strangers_total on the metrics page counts what came from addresses that no peer has.',
  ]
}
