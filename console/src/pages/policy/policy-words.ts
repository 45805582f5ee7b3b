/** A count for people: `12,345`. */
export function count(many: number): string {
  return many.toLocaleString('en')
}

/** A page of the API as lists take it: the next one begins at a text. */
export function paged<Page extends { readonly after?: number | undefined }>(
  page: Page,
): Omit<Page, 'after'> & { readonly after: string | undefined } {
  return { ...page, after: page.after === undefined ? undefined : String(page.after) }
}
