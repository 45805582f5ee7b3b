// One thing: what somebody typed and has not sent yet. It is kept in this window alone, for her alone, until it is sent, dropped or
// she signs out; never where another window or another day would find it.
import { useState } from 'react'

/** Something that is typed at a place, `case Kc9… decision`: found again when the page is loaded anew. `forget` is for when it was sent. */
export function useTyped<Value>(
  place: string,
  none: Value,
): readonly [value: Value, change: (value: Value) => void, forget: () => void] {
  const [value, setValue] = useState<Value>(() => (readTyped(place) as Value | undefined) ?? none)
  const change = (next: Value): void => {
    keepTyped(place, JSON.stringify(next) === JSON.stringify(none) ? undefined : next)
    setValue(next)
  }
  return [value, change, () => keepTyped(place, undefined)]
}

/** What was typed at a place; undefined where nothing was. */
export function readTyped(place: string): unknown {
  try {
    const text = owner === undefined ? null : sessionStorage.getItem(keyOf(owner, place))
    return text === null ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

export function keepTyped(place: string, value: unknown): void {
  if (owner === undefined) return
  try {
    if (value === undefined) sessionStorage.removeItem(keyOf(owner, place))
    else sessionStorage.setItem(keyOf(owner, place), JSON.stringify(value))
  } catch {
    // A window that keeps nothing forgets it when it is loaded anew.
  }
}

/** From now on this account types; what others typed in this window is gone. */
export function typeAs(account: string): void {
  owner = account
  forgetAll((key) => !key.startsWith(keyOf(account, '')))
}

/** Forgets everything: at the end of a session that somebody ends herself. */
export function forgetTyped(): void {
  forgetAll(() => true)
}

function forgetAll(isMeant: (key: string) => boolean): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(MARK) && isMeant(key)) sessionStorage.removeItem(key)
    }
  } catch {
    // A window that keeps nothing has nothing to forget.
  }
}

function keyOf(account: string, place: string): string {
  return `${MARK}${account} ${place}`
}

const MARK = 'typed '
let owner: string | undefined
