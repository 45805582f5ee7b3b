import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { doneOr, idIn } from '#edge/http/calling/parts.ts'
import { Refused } from '#edge/http/problem.ts'
import { UPKEEP_DESCRIPTIONS as PLACES } from './descriptions.ts'
import type { Upkeep } from './ports.ts'
import { hookTestStartSchema, mailTestStartSchema } from './schemas.ts'

/** What leaves, what is kept and how the program is: tests for who may change settings, the rest for auditors too. */
export function upkeepRoutes({ upkeep }: { readonly upkeep: Upkeep }) {
  const { outgoing } = upkeep
  return [
    insideRoute('settings', PLACES.outgoing, (context) => answerJson(outgoing.read(context.get('who')))),

    insideRoute('settings', PLACES.testMail, (context) =>
      answerOnce(context, async (octets) => {
        const start = parseJsonBody(mailTestStartSchema, octets)
        const test = doneOr(outgoing.testMail(start, context.get('who')))
        return { status: 201, value: test, headers: { location: `/v1/outgoing/mail-tests/${test.id}` } }
      }),
    ),

    insideRoute('settings', PLACES.mailTest, (context) => {
      const test = outgoing.mailTest(idIn(context), context.get('who'))
      if (test === undefined) throw new Refused('not-found', 'expected the id of a test mail that you sent')
      return answerJson(test)
    }),

    insideRoute('settings', PLACES.testHook, (context) =>
      answerOnce(context, async (octets) => {
        const start = parseJsonBody(hookTestStartSchema, octets)
        return { status: 200, value: doneOr(await outgoing.testHook(start, context.get('who'))) }
      }),
    ),

    insideRoute('audit.read', PLACES.retention, () => answerJson(upkeep.retention())),
    insideRoute('audit.read', PLACES.health, () => answerJson(upkeep.health())),
  ] satisfies readonly InsideRoute[]
}
