// drachtio as a back-to-back user agent that asks a Recourse gate about every call and hands notices on.
// UNTESTED: written from the documentation and source of drachtio-srf 5, never run. gate.mjs is tested.
import Srf from 'drachtio-srf'
import { askGate } from './gate.mjs'

const GATE = { url: 'http://127.0.0.1:8081', token: process.env.RECOURSE_TOKEN ?? '' }
const DESTINATION = '127.0.0.1:5070'
/** Calls of this number are blocked here, without a gate. */
const BLOCKED = '+12125550199'

const srf = new Srf()
srf.connect({ host: '127.0.0.1', port: 9022, secret: process.env.DRACHTIO_SECRET ?? 'cymru' })

srf.invite(async (req, res) => {
  if (req.callingNumber === BLOCKED) {
    // A 603+ without a gate: phrase, cause, a text that begins with v=analytics1, a contact, a location. The url has to be answered.
    res.send(603, 'Network Blocked', {
      headers: { Reason: 'SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/c";location=LN' },
    })
    return
  }
  const { answer, why } = await askGate(GATE, req.raw)
  if (why !== '') console.warn(`no verdict on ${req.get('Call-ID')}: ${why}`)
  if (answer !== undefined) {
    res.send(answer.status, answer.phrase, { headers: answer.headers })
    return
  }
  try {
    const { uas, uac } = await srf.createB2BUA(req, res, `sip:${req.calledNumber}@${DESTINATION}`, {
      localSdpB: req.body,
      proxyRequestHeaders: [
        'Feature-Caps',
        'Identity',
        'P-Asserted-Identity',
        'X-Recourse-Probe',
        'X-Recourse-Scenario',
      ],
      // Without these a refusal loses its Reason and its card. The phrase is handed on since 5.0.12.
      proxyResponseHeaders: ['Reason', 'Call-Info', 'Retry-After'],
    })
    uas.on('destroy', () => uac.destroy())
    uac.on('destroy', () => uas.destroy())
  } catch (error) {
    // passFailure is on if not said: the refusal went back already. No other route is tried, a 6xx least of all.
    console.log(`${req.get('Call-ID')} refused: ${error.status} ${error.reason}`)
  }
})
