// Sends what waits in a store until it is killed. Run by post.test.ts.
import { openPost } from './post.ts'

const [store = '', port = '', ahead = '0'] = process.argv.slice(2)
openPost({
  store,
  server: { kind: 'smtp', host: '127.0.0.1', port: Number(port), tls: 'may', login: undefined },
  sender: { name: 'Northwire', address: 'redress@northwire.example', replyTo: undefined },
  onTrouble: () => undefined,
  // Each time it is started the lease of the one before is over.
  now: () => Date.now() + Number(ahead),
})
