import { fileURLToPath } from 'node:url'
import { type ConsoleBuild, readConsoleBuild } from '#edge/http/console/console-build.ts'
import { type ExplainPage, readExplainPage } from '#edge/http/console/explain-page.ts'

/** The console of this installation; undefined where nobody has built it. */
export function readBuiltConsole(): ConsoleBuild | undefined {
  return PLACES.map((place) => readConsoleBuild(fileURLToPath(place))).find((build) => build !== undefined)
}

/** The page that reads SIP answers, of the same build. */
export function readBuiltExplain(): ExplainPage | undefined {
  return PLACES.map((place) => readExplainPage(fileURLToPath(place))).find((page) => page !== undefined)
}

/** In a clone beside the sources; in the published package beside what was built of them. */
const PLACES = [new URL('../../../console/dist/', import.meta.url), new URL('../../console/', import.meta.url)]
