import { noHttpFigures } from '#edge/http/figures.ts'
import { monitorRoutes, noPostFigures } from '#edge/http/monitor/routes.ts'
import { serveHttp } from '#edge/http/serve.ts'
import type { MonitorWebhooks } from '#main/config/monitor.ts'
import type { MonitorRoom } from './room.ts'

/** The door at which carriers and switches post what became of calls. */
export type RecordDoor = {
  readonly url: string
  readonly figures: () => DoorFigures
  close(): Promise<void>
}

/** What became of posts. */
export type DoorFigures = { readonly [name in keyof typeof DOOR_FIGURES]: number }

/** Each figure's name and its help text. */
export const DOOR_FIGURES = {
  postsTaken: 'calls that carriers and switches posted, kept before they were acknowledged',
  postsOther: 'posts that tell of no end of a call of ours, acknowledged',
  postsUnsigned: 'posts without a signature or password that is right, refused',
  postsFaulty: 'posts rightly signed that cannot be read, refused',
  postsUnsaved: 'posts that the store could not take just now; whoever posted is asked to post again',
} as const

export const NO_DOOR_FIGURES: DoorFigures = {
  postsTaken: 0,
  postsOther: 0,
  postsUnsigned: 0,
  postsFaulty: 0,
  postsUnsaved: 0,
}

/**
 * Opens the door. Each call is acknowledged once it is on stable storage, together with those that come within `GATHER_MS`.
 * Rejects where the port is taken.
 */
export async function openDoor(
  { listen, public: origin, telnyxKey, twilioToken, recordsPassword }: MonitorWebhooks,
  room: Pick<MonitorRoom, 'take' | 'flush'>,
  alarm: (cause: unknown) => void,
): Promise<RecordDoor> {
  const posts = noPostFigures()
  const http = noHttpFigures()
  let soon: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(soon)
    soon = undefined
    room.flush()
  }
  const app = monitorRoutes({
    telnyxKey,
    twilioToken,
    recordsPassword,
    public: origin,
    take: (attempt) => {
      soon ??= setTimeout(flush, GATHER_MS)
      return room.take(attempt)
    },
    now: () => Date.now(),
    posts,
    figures: http,
    alarm,
  })
  const server = await serveHttp(
    (request, connection) => app.fetch(request, connection),
    { ...listen, tls: undefined },
    http,
  )
  return {
    url: server.url,
    figures: () => ({
      postsTaken: posts.taken,
      postsOther: posts.other,
      postsUnsigned: posts.unsigned,
      postsFaulty: posts.faulty,
      postsUnsaved: posts.unsaved,
    }),
    async close() {
      if (soon !== undefined) flush()
      await server.close(CLOSE_MS)
      if (soon !== undefined) flush()
    },
  }
}

/** Posts that come within this time are written down together: one wait for the disk is enough for all. */
export const GATHER_MS = 20
const CLOSE_MS = 1_000
