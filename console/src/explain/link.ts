/** Writes a small input as the fragment of a link, which no browser sends to a host; undefined where it is too long. */
export async function formatLink(text: string): Promise<string | undefined> {
  if (text.length > LINK_TEXT_MAX) return undefined
  const packed = await pass(new Blob([text]), new CompressionStream('deflate-raw'))
  const link = `#a=${toBase64Url(packed)}`
  return link.length > LINK_MAX ? undefined : link
}

/** Reads what `formatLink` wrote; undefined for any other fragment. */
export async function parseLink(fragment: string): Promise<string | undefined> {
  const [, packed] = /^#a=([A-Za-z0-9_-]{1,8192})$/.exec(fragment) ?? []
  if (packed === undefined) return undefined
  try {
    const octets = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    const text = new TextDecoder().decode(await pass(new Blob([octets]), new DecompressionStream('deflate-raw')))
    return text.length > LINK_TEXT_MAX ? undefined : text
  } catch {
    return undefined
  }
}

function toBase64Url(octets: Uint8Array): string {
  const text = btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(''))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

async function pass(input: Blob, by: GenericTransformStream): Promise<Uint8Array> {
  const reader = input.stream().pipeThrough(by).getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    // A few octets of a link can hold a great deal of nothing.
    if (length > OCTETS_MAX) throw new RangeError('the link holds too much')
    chunks.push(value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Characters of an input that a link may carry, and of the link. */
export const LINK_TEXT_MAX = 16_384
const LINK_MAX = 8_192
const OCTETS_MAX = 4 * LINK_TEXT_MAX
