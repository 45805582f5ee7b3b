// Asks a Recourse gate over HTTP about an INVITE. No package is needed; Node 20 or later. A test of Recourse runs this file.

/**
 * What the gate says of an INVITE, given as it came. `answer` is undefined where the call continues; else it is what the caller
 * gets. Whatever goes wrong, the call continues: no verdict stops no call.
 */
export async function askGate({ url, token, timeoutMs = 1_000 }, invite) {
  try {
    const response = await fetch(`${url}/v1/screen`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'message/sip', accept: 'application/json' },
      body: invite,
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) return { answer: undefined, why: `the gate answered ${response.status}` }
    const said = await response.json()
    if (said.verdict !== 'block' && said.verdict !== 'treat') return { answer: undefined, why: '' }
    return { answer: { status: said.status, phrase: said.phrase, headers: readHeaders(said.headers) }, why: '' }
  } catch (error) {
    return { answer: undefined, why: error.message }
  }
}

/** Header lines as an object by name; values of the same name become one list. */
export function readHeaders(lines) {
  const headers = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
