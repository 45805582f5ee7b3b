/** Whether somebody said in this browser that the overview need not lead to the first steps any more. */
export function isTourForgotten(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    // A browser that keeps nothing shows them each time.
    return false
  }
}

export function forgetTour(): void {
  try {
    localStorage.setItem(KEY, 'forgotten')
  } catch {
    // The same.
  }
}

const KEY = 'recourse-first-steps'
