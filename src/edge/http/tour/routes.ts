import { answerJson, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { doneOr } from '#edge/http/calling/parts.ts'
import { TOUR_DESCRIPTIONS as PLACES } from './descriptions.ts'
import type { Tour } from './ports.ts'
import { tourCallStartSchema } from './schemas.ts'

/** The first run: how far it is, and its test call. */
export function tourRoutes({ tour }: { readonly tour: Tour }) {
  return [
    insideRoute('settings', PLACES.read, () => answerJson(tour.read())),

    insideRoute('settings', PLACES.call, (context) =>
      answerOnce(context, async (octets) => {
        const { from } = parseJsonBody(tourCallStartSchema, octets)
        return { status: 201, value: doneOr(await tour.call(from, context.get('who'))) }
      }),
    ),
  ] satisfies readonly InsideRoute[]
}
