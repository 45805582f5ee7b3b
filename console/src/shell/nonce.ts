/** What the page's policy lets styles in by; the server writes another one into every page. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''

// The library that keeps the page from scrolling behind a dialog looks for the nonce under this name.
Object.defineProperty(globalThis, '__webpack_nonce__', { value: nonce })

// The policy refuses markup made of strings. React writes the text of style elements in the same way, so text without any
// markup is let through, and nothing else.
;(globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', {
  createHTML: (text) => {
    if (text.includes('<')) throw new TypeError('markup is not made of strings here')
    return text
  },
})

type TrustedTypes = {
  createPolicy(name: 'default', rules: { readonly createHTML: (text: string) => string }): unknown
}
