import { z } from '@hono/zod-openapi'
import { answerJson, answerNothing, answerOnce } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { answerFile } from '#edge/http/office/case-routes.ts'
import { PAGE_ENTRIES, afterSchema, limitSchema, readQuery } from '#edge/http/office/query.ts'
import { CALLING_DESCRIPTIONS as PLACES } from './descriptions.ts'
import { doerOf, doneOr, idIn, notThere } from './parts.ts'
import type { Probes } from './ports.ts'
import { probeStartSchema, sharingSchema } from './schemas.ts'

/** Probes of paths: start one, watch it, read and share what it found. */
export function probeRoutes({ probes }: { readonly probes: Probes }): readonly InsideRoute[] {
  return [
    insideRoute('probe', PLACES.probeOptions, (context) => answerJson(probes.options(context.get('who')))),

    insideRoute('probe', PLACES.probes, (context) => {
      const { after, limit = PAGE_ENTRIES } = readQuery(context, pageQuery)
      const { rows, after: next } = probes.list(after, limit)
      return answerJson({ probes: rows, after: next })
    }),

    insideRoute('probe', PLACES.startProbe, (context) =>
      answerOnce(context, async (octets) => {
        const id = doneOr(await probes.start(parseJsonBody(probeStartSchema, octets), context.get('who')))
        return { status: 201, value: { probe: id }, headers: { location: `/v1/probes/${id}` } }
      }),
    ),

    insideRoute('probe', PLACES.probe, (context) => {
      const found = probes.probe(idIn(context))
      if (found === undefined) throw notThere()
      return answerJson(found)
    }),

    insideRoute('probe', PLACES.cancelProbe, (context) =>
      answerOnce(context, async () => ({
        status: 200,
        value: doneOr(probes.cancel(idIn(context), doerOf(context))),
      })),
    ),

    insideRoute('probe', PLACES.probeReport, (context) => {
      const { form = 'html' } = readQuery(context, formQuery)
      const report = probes.report(idIn(context))
      if (report === undefined) throw notThere()
      return form === 'json'
        ? answerFile(`${report.json}\n`, 'probe.json', 'application/json')
        : answerFile(report.page, 'probe.html', 'text/html; charset=utf-8')
    }),

    insideRoute('probe', PLACES.shareProbe, (context) =>
      answerOnce(context, async (octets) => {
        const { days } = parseJsonBody(sharingSchema, octets)
        return { status: 200, value: doneOr(probes.share(idIn(context), days, doerOf(context))) }
      }),
    ),

    insideRoute('probe', PLACES.unshareProbe, (context) => {
      if (!probes.unshare(idIn(context), idIn(context, 'link'), doerOf(context))) throw notThere()
      return answerNothing()
    }),
  ]
}

const pageQuery = z.strictObject({ after: afterSchema, limit: limitSchema })
const formQuery = z.strictObject({ form: z.enum(['html', 'json'], 'expected html or json').optional() })
