import { useEffect, useSyncExternalStore } from 'react'

/** A key or a row of them: `?`, `/`, `j`, `g c`. */
export type Shortcut = { readonly keys: string; readonly words: string; readonly run: () => void }

/** Makes keys do something as long as the component is shown; `?` lists them under `group`. */
export function useShortcuts(group: string, shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    const added = shortcuts.map((one) => ({ ...one, group }))
    for (const one of added) inForce.add(one)
    tellChange()
    return () => {
      for (const one of added) inForce.delete(one)
      tellChange()
    }
  })
}

/** Everything that keys do now, by group, in the order of its coming; told anew when that changes. */
export function useShortcutsByGroup(): ReadonlyMap<string, readonly Shortcut[]> {
  useSyncExternalStore(watchChanges, () => changes)
  return Map.groupBy(inForce, ({ group }) => group)
}

/** Listens for keys until the answer is called. Keys that are typed into something, and those with Ctrl, are left alone. */
export function listenForKeys(target: Window): () => void {
  let begun = ''
  let begunAt = 0
  const listen = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return
    // Whatever has the attention behind a dialog, its keys were meant for the dialog.
    if (target.document.querySelector('[role=dialog][aria-modal=true]') !== null) return
    const keys = event.timeStamp - begunAt < ROW_MS && begun !== '' ? `${begun} ${event.key}` : event.key
    const found = [...inForce].findLast((one) => one.keys === keys)
    const isBegun = found === undefined && [...inForce].some((one) => one.keys.startsWith(`${event.key} `))
    begun = isBegun ? event.key : ''
    begunAt = event.timeStamp
    if (found === undefined) return
    event.preventDefault()
    found.run()
  }
  target.addEventListener('keydown', listen)
  return () => target.removeEventListener('keydown', listen)
}

/** Fields take their keys themselves, and so does everything in a dialog. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.closest('input, textarea, select, [role=dialog], [role=menu]') !== null
}

function tellChange(): void {
  changes++
  for (const tell of watchers) tell()
}

function watchChanges(tell: () => void): () => void {
  watchers.add(tell)
  return () => watchers.delete(tell)
}

let changes = 0
const watchers = new Set<() => void>()
const inForce = new Set<Shortcut & { readonly group: string }>()
/** How long after its first key a row of keys may go on. */
const ROW_MS = 1_500
