import { z } from '@hono/zod-openapi'
import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { doneOr, idIn } from '#edge/http/calling/parts.ts'
import { parameterOf } from '#edge/http/office/ask.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery } from '#edge/http/office/query.ts'
import { Refused } from '#edge/http/problem.ts'
import { GATE_DESCRIPTIONS as PLACES } from './descriptions.ts'
import type { RunningGate } from './ports.ts'
import { peerTestStartSchema, rangSchema } from './schemas.ts'

/** The settings that tell of the running gate: peers and their tests, notices, keys. */
export function gateRoutes({ gate }: { readonly gate: RunningGate }) {
  const { peers } = gate
  return [
    insideRoute('settings', PLACES.peers, (context) => {
      const { after, limit = PAGE_ENTRIES } = readQuery(context, pageQuery)
      return answerJson(peers.list(after, limit))
    }),

    insideRoute('settings', PLACES.peer, (context) => {
      const found = peers.peer(parameterOf(context, 'name'), context.get('who'))
      if (found === undefined) throw notThere()
      return answerJson(found)
    }),

    insideRoute('settings', PLACES.startTest, (context) =>
      answerOnce(context, async (octets) => {
        const plan = parseJsonBody(peerTestStartSchema, octets)
        const test = doneOr(await peers.start(parameterOf(context, 'name'), plan, context.get('who')))
        return { status: 201, value: { test }, headers: { location: `/v1/gate/peer-tests/${test}` } }
      }),
    ),

    insideRoute('settings', PLACES.test, (context) => answerJson(testOr(peers.test(idIn(context))))),

    insideRoute('settings', PLACES.rang, (context) =>
      answerOnce(context, async (octets) => ({
        status: 200,
        value: doneOr(peers.rang(idIn(context), parseJsonBody(rangSchema, octets))),
      })),
    ),

    insideRoute('settings', PLACES.cancelTest, (context) =>
      answerOnce(context, async (octets) => {
        parseJsonBody(z.strictObject({}), octets)
        return { status: 200, value: testOr(peers.cancel(idIn(context))) }
      }),
    ),

    insideRoute('settings', PLACES.notice, () => answerJson(gate.notice())),
    insideRoute('settings', PLACES.keys, () => answerJson(gate.keys())),
  ] satisfies readonly InsideRoute[]
}

function testOr<Found>(found: Found | undefined): Found {
  if (found === undefined) throw notThere()
  return found
}

function notThere(): Refused {
  return new Refused('not-found', 'expected a peer of the running gate, or a test that was run since the desk started')
}

const pageQuery = z.strictObject({ after: afterSchema, limit: limitSchema })
