import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** The built pages: one page that is the same for every place, and the files that it names. Held in memory as they were. */
export type ConsoleBuild = {
  /** The page, with `NONCE_PLACE` where each answer has a nonce of its own. */
  readonly page: string
  /** By the path that a browser asks for: `/console/index-DPotL9nD.js`. */
  readonly files: ReadonlyMap<string, ConsoleFile>
}

export type ConsoleFile = {
  readonly type: string
  /** Strong, quoted (RFC 9110 §8.8.3). */
  readonly tag: string
  /** Its name changes with its octets, so a browser need not ask again. */
  readonly isHashed: boolean
  /** Its octets in one of the codings that are asked for; made when first asked for, and kept. */
  octets(coding: Coding): Promise<Uint8Array<ArrayBuffer>>
}

export type Coding = 'br' | 'gzip' | 'identity'

/** Reads a built console. Undefined where none is; throws what the file system throws for one that is broken. */
export function readConsoleBuild(folder: string): ConsoleBuild | undefined {
  const names = globSync('console/*', { cwd: folder })
  if (names.length === 0) return undefined
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
  if (!page.includes(NONCE_PLACE)) throw new Error(`${folder}/index.html has no place for a nonce`)
  return { page, files: new Map(names.map((name) => [`/${name}`, readFile(join(folder, name))])) }
}

/** Reads one file of a build. Throws what the file system throws. */
export function readFile(path: string): ConsoleFile {
  const plain = new Uint8Array(readFileSync(path))
  const type = TYPES.get(path.slice(path.lastIndexOf('.'))) ?? 'application/octet-stream'
  const made = new Map<Coding, Promise<Uint8Array<ArrayBuffer>>>([['identity', Promise.resolve(plain)]])
  return {
    type,
    tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    isHashed: HASHED.test(path),
    octets(coding) {
      const known = made.get(coding) ?? compress(plain, coding)
      made.set(coding, known)
      return known
    },
  }
}

async function compress(plain: Uint8Array, coding: Coding): Promise<Uint8Array<ArrayBuffer>> {
  const octets = coding === 'br' ? await brotli(plain, BROTLI) : await gzipped(plain, { level: 9 })
  return new Uint8Array(octets)
}

const brotli = promisify<Uint8Array, object, Buffer>(brotliCompress)
const gzipped = promisify<Uint8Array, object, Buffer>(gzip)
/** A tenth larger than at 11, in a twentieth of the time. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
const HASHED = /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
])
export const NONCE_PLACE = '__NONCE__'
