/** Answers to try the page with; every address and number in them is reserved for examples. */
export const SAMPLES: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: 'A block that says whom to ask',
    text: answer(
      '603 Network Blocked',
      'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/r/AZr2bQeJ3mFq;tel=+18005550142;id=AZr2bQeJ3mFq";location=RLN',
    ),
  },
  {
    name: 'The same, damaged on its way',
    text: answer(
      '603 Decline',
      'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/r/AZr2bQeJ3mFq;tel=+18005550142;id=AZr2bQeJ3mFq";location=RLN',
    ),
  },
  {
    name: 'A block with a signed card',
    text: answer('608 Rejected', 'Call-Info: <https://redress.northwire.example/j/AZr2bQeJ3mFq>;purpose=jwscard'),
  },
  { name: 'A person who wants no such calls', text: answer('607 Unwanted') },
  { name: 'A refusal that says nothing', text: answer('603 Decline') },
]

function answer(status: string, ...fields: readonly string[]): string {
  return [
    `SIP/2.0 ${status}`,
    'Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;received=192.0.2.10',
    'From: "Riverside Clinic" <sip:+12125550117@calls.example.net>;tag=1928301774',
    'To: <sip:+14155550123@northwire.example>;tag=8321234356',
    'Call-ID: a84b4c76e66710@calls.example.net',
    'CSeq: 314159 INVITE',
    ...fields,
    'Content-Length: 0',
    '',
    '',
  ].join('\n')
}
