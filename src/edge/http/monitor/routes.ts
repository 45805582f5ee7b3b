import { Hono } from 'hono'
import type { Attempt } from '#core/observe/attempt.ts'
import { readBody } from '#edge/http/body.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import type { HttpFigures } from '#edge/http/figures.ts'
import { Refused, refuseTheRest } from '#edge/http/problem.ts'
import { isFromSwitch, readPostedCdr } from './freeswitch.ts'
import { isSignedByTelnyx, readTelnyx } from './telnyx.ts'
import { isSignedByTwilio, readTwilio } from './twilio.ts'

/** What the door for carriers and switches is made of; a place without its secret is not there. */
export type MonitorDoor = {
  /** The public key of Telnyx as SPKI, PEM. */
  readonly telnyxKey: string | undefined
  readonly twilioToken: string | undefined
  readonly recordsPassword: string | undefined
  /** The URL of this door as carriers see it, without a path. */
  readonly public: string
  /**
   * Keeps an attempt; resolves once it is safe, and only then the post is acknowledged. The same key may come again, for
   * carriers post again what they had no answer to.
   */
  readonly take: (attempt: Attempt) => Promise<void>
  readonly now: () => number
  readonly posts: PostFigures
  readonly figures: HttpFigures
  /** Told what went wrong inside, such as a store that does not save. */
  readonly alarm: (cause: unknown) => void
}

/** What became of posts: attempts kept; events that tell of no end of a call of ours; wrongly signed; signed and unreadable; not saved. */
export type PostFigures = { taken: number; other: number; unsigned: number; faulty: number; unsaved: number }

export function noPostFigures(): PostFigures {
  return { taken: 0, other: 0, unsigned: 0, faulty: 0, unsaved: 0 }
}

/** What a post that is signed well came to. */
export type PostReading =
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  /** It tells of no end of a call of ours. */
  | { readonly kind: 'other' }
  | { readonly kind: 'fault'; readonly problem: string }

/** `POST /telnyx`, `/twilio` and `/freeswitch`: each checks who posts, hands the attempt on and answers once it is kept. */
export function monitorRoutes(door: MonitorDoor): Hono<ConnectionEnv> {
  const { telnyxKey, twilioToken, recordsPassword, now, posts } = door
  const app = new Hono<ConnectionEnv>()
  const places = new Map<string, string>()
  const post = (
    path: string,
    bytesMax: number,
    isSigned: (request: Request, body: Uint8Array) => boolean,
    read: (body: Uint8Array, request: Request) => PostReading,
  ): void => {
    places.set(path, 'POST')
    app.post(path, async (context) => {
      const request = context.req.raw
      const body = await readBody(request, bytesMax)
      // Whatever is wrong with a signature, the answer is the same: it helps nobody to make a better one.
      if (!isSigned(request, body)) {
        posts.unsigned++
        throw new Refused('not-signed', 'expected a signature that is ours to check, and not an old one')
      }
      return keep(read(body, request), door)
    })
  }
  if (telnyxKey !== undefined)
    post(
      '/telnyx',
      POST_BYTES_MAX,
      (request, body) => isSignedByTelnyx(request.headers, body, telnyxKey, now()),
      (body) => readTelnyx(body, now()),
    )
  if (twilioToken !== undefined)
    post(
      '/twilio',
      POST_BYTES_MAX,
      (request, body) => isSignedByTwilio(request.headers, urlOf(door.public, request), body, twilioToken),
      (body) => readTwilio(body, now()),
    )
  if (recordsPassword !== undefined)
    post(
      '/freeswitch',
      CDR_BYTES_MAX,
      (request) => isFromSwitch(request.headers, recordsPassword),
      (body, request) => readPostedCdr(body, request.headers, now()),
    )
  refuseTheRest(app, places, door.figures, door.alarm)
  return app
}

async function keep(reading: PostReading, { take, posts, alarm }: MonitorDoor): Promise<Response> {
  if (reading.kind === 'fault') {
    posts.faulty++
    throw new Refused('bad-field', reading.problem)
  }
  if (reading.kind === 'other') {
    posts.other++
    return new Response(undefined, { status: 200 })
  }
  try {
    await take(reading.attempt)
  } catch (error) {
    posts.unsaved++
    alarm(error)
    throw new Refused('not-saved', 'the call was not saved; posting it again will', { headers: { 'retry-after': '5' } })
  }
  posts.taken++
  return new Response(undefined, { status: 200 })
}

/** The URL as the other side wrote it, which a proxy in front changes. */
function urlOf(origin: string, request: Request): string {
  const { pathname, search } = new URL(request.url)
  return `${origin}${pathname}${search}`
}

/** Posts of carriers hold some hundred octets, a record of a switch all its variables. */
export const POST_BYTES_MAX = 65_536
export const CDR_BYTES_MAX = 1_048_576
