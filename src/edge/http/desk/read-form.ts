import type { EvidenceUpload } from '#core/redress/desk.ts'
import { readBody } from '#edge/http/body.ts'
import { Refused } from '#edge/http/problem.ts'

/** What a form brought: the fields by name, and the files that were chosen. */
export type PostedForm = {
  readonly typed: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, EvidenceUpload>
}

/** Reads a form as browsers send one, of up to so many octets. Throws `Refused`. Line ends become line feeds. */
export async function readForm(request: Request, bytesMax: number): Promise<PostedForm> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (type !== URLENCODED && type !== MULTIPART) {
    throw new Refused('wrong-type', `expected a Content-Type of ${URLENCODED} or ${MULTIPART}`)
  }
  const octets = await readBody(request, bytesMax)
  return type === URLENCODED ? readUrlencoded(octets) : await readMultipart(request, octets)
}

function readUrlencoded(octets: Uint8Array): PostedForm {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
    decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Refused('bad-form', 'found octets or escapes that are no UTF-8')
  }
  const typed = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) put(typed, name, value)
  return { typed, files: new Map() }
}

async function readMultipart(request: Request, octets: Uint8Array): Promise<PostedForm> {
  const headers = { 'content-type': request.headers.get('content-type')! }
  const typed = new Map<string, string>()
  const files = new Map<string, EvidenceUpload>()
  let form: FormData
  try {
    form = await new Response(octets as Uint8Array<ArrayBuffer>, { headers }).formData()
  } catch {
    throw new Refused('bad-form', 'found a multipart body that cannot be read')
  }
  for (const [name, value] of form) {
    if (typeof value === 'string') put(typed, name, value)
    // A browser sends an empty file where none was chosen.
    else if (value.name !== '' || value.size > 0) {
      if (files.has(name)) throw new Refused('bad-form', 'found a name twice')
      files.set(name, { name: value.name, type: value.type, octets: new Uint8Array(await value.arrayBuffer()) })
    }
  }
  return { typed, files }
}

function put(typed: Map<string, string>, name: string, value: string): void {
  if (typed.has(name)) throw new Refused('bad-form', 'found a name twice')
  if (typed.size >= FIELDS_MAX) throw new Refused('bad-form', `found more than ${FIELDS_MAX} fields`)
  typed.set(name, value.replaceAll('\r\n', '\n'))
}

/** Fields of one form; ours have up to twenty. */
export const FIELDS_MAX = 40
/** A form with a file of lines: a thousand of them. */
export const FORM_BYTES_MAX = 262_144
const URLENCODED = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data'
