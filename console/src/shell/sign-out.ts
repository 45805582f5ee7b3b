import { send } from '../client.ts'
import { forgetTyped } from '../parts/typed.ts'

/** Ends the session here and goes to the page to sign in, which also tells where the server could not be reached. */
export async function signOut(): Promise<void> {
  try {
    await send('delete', '/v1/session', {})
  } finally {
    forgetTyped()
    location.assign('/sign-in')
  }
}
