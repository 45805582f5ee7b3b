/** A product, or a way of setting one up, that is known to do damage to notices. */
export type Culprit = {
  readonly product: string
  /** What it does. */
  readonly does: string
  /** What to switch so that it stops. */
  readonly remedy: string
  /** Where this is known from, and the month it was so: what is older than a release or two may have been mended. */
  readonly source: string
  readonly date: string
}

/** Facts about products, as their sources and manuals told them; nothing here is a guess about who stands on a path. */
export const CULPRITS = {
  freeswitchUnset: {
    product: 'FreeSWITCH with sip_603plus_passthrough unset',
    does: 'keeps the Reason and changes the phrase to Decline',
    remedy: 'set sip_603plus_passthrough=true in vars.xml',
    source: 'FreeSWITCH mod_sofia.c, vars.xml (pull request 3035)',
    date: '2026-08',
  },
  freeswitchOff: {
    product: 'FreeSWITCH with sip_603plus_passthrough=false',
    does: 'strips the Reason and sends 603 Decline',
    remedy: 'set sip_603plus_passthrough=true in vars.xml',
    source: 'FreeSWITCH mod_sofia.c, vars.xml (pull request 3035)',
    date: '2026-08',
  },
  freeswitchLong: {
    product: 'FreeSWITCH, older versions',
    does: 'loses Reason values longer than 128 characters',
    remedy: 'update FreeSWITCH, or ask the blocker for a shorter url',
    source: 'FreeSWITCH issue 1481',
    date: '2026-08',
  },
  freeswitchRejected: {
    product: 'FreeSWITCH as B2BUA',
    does: 'turns 603 and 403 alike into CALL_REJECTED, from which the other side’s code is made',
    remedy: 'set sip_603plus_passthrough=true, and pass on sip_invite_failure_status rather than the hangup cause',
    source: 'FreeSWITCH mod_sofia.c, sofia.c',
    date: '2026-08',
  },
  telnyxQ850: {
    product: 'FreeSWITCH of Telnyx, builds of early 2026',
    does: 'passes only the SIP form of the notice on, not the Q.850 form',
    remedy: 'update, or ask the blocker for the SIP form',
    source: 'team-telnyx/freeswitch pull request 524',
    date: '2026-03',
  },
  telnyxSecond: {
    product: 'FreeSWITCH of Telnyx, builds of early 2026',
    does: 'adds Reason: Q.850;cause=17 beside a bare SIP;cause=603',
    remedy: 'update to a build with pull request 530',
    source: 'team-telnyx/freeswitch pull request 530',
    date: '2026-03',
  },
  asteriskReason: {
    product: 'Asterisk',
    does: 'copies the Reason into 20 octets, keeps the number only and sends Q.850;cause=N on',
    remedy: 'let an SBC or Kamailio in front of it relay the refusal; no setting of Asterisk does',
    source: 'Asterisk res_pjsip_rfc3326.c (read, not run)',
    date: '2026-08',
  },
  asteriskForbidden: {
    product: 'Asterisk',
    does: 'turns cause 21, and with it a 603, into 403',
    remedy: 'let an SBC or Kamailio in front of it relay the refusal; no setting of Asterisk does',
    source: 'Asterisk chan_pjsip.c, res_pjsip.c (read, not run)',
    date: '2026-08',
  },
  asteriskPhrase: {
    product: 'a blocker by the NetworkBlocking application of Asterisk',
    does: 'is set up from a help text that says Network Blocking where Network Blocked is meant, and checks no values',
    remedy: 'tell the blocker: this is its own mistake and nobody’s on the way',
    source: 'Asterisk NetworkBlocking application',
    date: '2026-08',
  },
  audiocodesPhrase: {
    product: 'AudioCodes SBC without SBCPreserveReasonPhrase',
    does: 'replaces the phrase by its stock text for known codes',
    remedy: 'switch SBCPreserveReasonPhrase on',
    source: 'AudioCodes manual, Custom SIP Reason Codes',
    date: '2026-08',
  },
  audiocodesCode: {
    product: 'AudioCodes SBC with firmware that does not know 607 and 608',
    does: 'turns a code that is not in its table into x00 of its class: 607 and 608 into 600',
    remedy: 'add 607 and 608 to its table of response codes, or update',
    source: 'AudioCodes manual, Custom SIP Reason Codes',
    date: '2026-08',
  },
  drachtioReason: {
    product: 'drachtio-srf or jambonz without Reason in proxyResponseHeaders',
    does: 'drops the Reason',
    remedy: "list Reason (and Call-Info) in proxyResponseHeaders, or set it to 'all'",
    source: 'drachtio-srf issue 214, lib/srf.js',
    date: '2026-08',
  },
  drachtioPhrase: {
    product: 'drachtio-srf before 5.0.12',
    does: 'drops the phrase, so that none or the stock one stands there',
    remedy: 'update drachtio-srf to 5.0.12 or later',
    source: 'drachtio-srf issue 214',
    date: '2026-08',
  },
  jambonzEarly: {
    product: 'jambonz sbc-outbound',
    does: 'sends a bare code where a call fails early, and tries the next carrier after a 603',
    remedy: 'keep carriers that answer 603+ out of a list with others; no setting ends the list at a 6xx',
    source: 'jambonz/sbc-outbound lib/call-session.js, issue 198 (open)',
    date: '2026-08',
  },
  kamailioRemap: {
    product: 'Kamailio with remap_503_500 on, or a failure_route of its own',
    does: 'relays 6xx as they are, but answers what a failure_route writes',
    remedy: 'leave 603, 607 and 608 alone in failure_route: no t_reply, no append_branch',
    source: 'Kamailio tm README',
    date: '2026-08',
  },
  oracleSecond: {
    product: 'Oracle SBC',
    does: 'passes the Reason on unchanged, but can append a second ;cause=;text= to the same value for failures of its own',
    remedy: 'switch its own Reason for local failures off on this realm',
    source: 'Oracle Communications SBC documentation',
    date: '2026-08',
  },
  sangomaFirst: {
    product: 'Sangoma IMG',
    does: 'reads the first Reason field only',
    remedy: 'ask the blocker to put the notice first, and elements before it to add no Reason',
    source: 'Sangoma IMG manual',
    date: '2026-08',
  },
  rvoip: {
    product: 'a sender built on rvoip',
    does: 'writes v, url, tel and email as parameters of Reason instead of inside text',
    remedy: 'tell whoever runs it: text="v=analytics1;…" is what the standard asks for',
    source: 'rvoip source',
    date: '2026-08',
  },
  strict8606: {
    product: 'an element that goes by RFC 8606 to the letter',
    does: 'ignores location on a Reason whose protocol is not Q.850',
    remedy: 'let it relay Reason as it came, or ask the blocker for the Q.850 form',
    source: 'RFC 8606 §4',
    date: '2018-03',
  },
  isup: {
    product: 'a gateway to ISUP on the way',
    does: 'keeps cause and location of a refusal, nothing else',
    remedy: 'route calls with blocking notices over IP end to end',
    source: 'RFC 3398 §7.2.4, §8.2.6',
    date: '2002-12',
  },
} as const satisfies Record<string, Culprit>

export type CulpritId = keyof typeof CULPRITS
