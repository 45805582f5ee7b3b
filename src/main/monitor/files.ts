import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type CaptureSummary, type ReadOptions, readCapture } from '#edge/monitor/read-capture.ts'
import { CaptureSighting } from './capture-sighting.ts'
import { type MonitorRoom, mayMatter } from './room.ts'

/** What became of one file. */
export type ReadFile =
  /** `absurd` counts messages whose time cannot be, taken as of when they were read. */
  | { readonly kind: 'read'; readonly summary: CaptureSummary; readonly absurd: number }
  /** It was read whole before, and is as it was. */
  | { readonly kind: 'known' }

/** The files behind what was named, in the order of their names: those of a directory, and what else was named itself. */
export function filesIn(path: string): string[] {
  if (path === '-' || !statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => join(path, name))
    .sort()
}

/**
 * Reads a capture into the room. When its calls are told (`finish`) that is noted with them, so that it is not read again; where it is cut
 * off it is read anew next time, and what was told of it already changes nothing.
 */
export async function readFile(
  path: string,
  room: MonitorRoom,
  placeOf: (source: string) => string | undefined,
  { onProgress, stdin }: Pick<ReadOptions, 'onProgress' | 'stdin'> = {},
): Promise<ReadFile> {
  const source = `capture ${path === '-' ? 'standard input' : resolve(path)}`
  const place = path === '-' ? undefined : identityOf(path)
  if (place !== undefined && placeOf(source) === place) return { kind: 'known' }
  // One moment for all of a file: its messages came together.
  const readAtMs = Date.now()
  const clock = path === '-' ? Date.now : () => readAtMs
  const sighting = new CaptureSighting(path === '-' ? 'capture standard input' : `capture ${path}`, clock)
  const summary = await readCapture(path, {
    ...(onProgress && { onProgress }),
    ...(stdin && { stdin }),
    wants: mayMatter,
    onMessage: (bytes, start, end, origin) => room.hear(bytes, start, end, sighting.at(origin)),
  })
  if (place !== undefined) room.reachWhole({ source, place })
  return { kind: 'read', summary, absurd: sighting.absurd }
}

/** What tells a file from another of its name, and from itself when it has grown. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path)
  return stat.isFile() ? `${stat.ino} ${stat.size} ${Math.trunc(stat.mtimeMs)}` : undefined
}
