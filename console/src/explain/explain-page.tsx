import { type DragEvent, type RefObject, useEffect, useId, useRef, useState } from 'react'
import { CallList } from './call-list.tsx'
import { CallReport } from './call-report.tsx'
import { LINK_TEXT_MAX, formatLink, parseLink } from './link.ts'
import { type Reading, readInput, readPasted, wordsOfFault } from './read-input.ts'
import { SAMPLES } from './samples.ts'

/**
 * Reads what somebody pastes or drops, in the browser and nowhere else: which calls were refused, by whom and why, each part
 * of the answer in words, and where to contest it.
 */
export function ExplainPage() {
  const [text, setText] = useState('')
  const [state, setState] = useState<State>({ kind: 'nothing' })
  const [chosen, setChosen] = useState(0)
  const [link, setLink] = useState<Link>('none')
  const [isOver, setIsOver] = useState(false)
  const running = useRef<AbortController>(undefined)
  const result = useRef<HTMLElement>(null)
  const ids = { text: useId(), hint: useId(), file: useId() }

  const read = async (name: string, work: (signal: AbortSignal) => Promise<Reading>): Promise<void> => {
    running.current?.abort()
    const own = new AbortController()
    running.current = own
    setChosen(0)
    setLink('none')
    setState({ kind: 'reading', name, share: 0 })
    try {
      const reading = await work(own.signal)
      if (!own.signal.aborted) setState({ kind: 'read', name, reading })
    } catch (fault) {
      if (!own.signal.aborted) setState({ kind: 'fault', words: wordsOfFault(fault) })
    }
    if (!own.signal.aborted) focusOn(result)
  }
  const readText = (given: string): Promise<void> => read('the text', (signal) => readPasted(given, signal))
  const readFile = (file: File): Promise<void> =>
    read(file.name, (signal) =>
      readInput(file, {
        signal,
        onProgress: (share) => setState((now) => (now.kind === 'reading' ? { ...now, share } : now)),
      }),
    )

  useEffect(() => {
    const open = async (): Promise<void> => {
      const given = await parseLink(location.hash)
      if (given === undefined) return
      setText(given)
      await readText(given)
    }
    void open()
    const again = () => void open()
    addEventListener('hashchange', again)
    return () => removeEventListener('hashchange', again)
    // oxlint-disable-next-line react/exhaustive-deps -- once, and when the address changes
  }, [])

  const share = async (): Promise<void> => {
    const made = await formatLink(text)
    if (made === undefined) return setLink('too long')
    history.replaceState(undefined, '', made)
    try {
      await navigator.clipboard.writeText(location.href)
      setLink('copied')
    } catch {
      setLink('in the address')
    }
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setIsOver(false)
    const file = event.dataTransfer.files[0]
    if (file !== undefined) void readFile(file)
  }

  return (
    <>
      <header>
        <p className="name">Recourse</p>
        <p className="promise">Everything is read on this machine. Nothing is uploaded.</p>
      </header>
      <main
        onDragOver={(event) => {
          event.preventDefault()
          setIsOver(true)
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <h1>What does this answer say?</h1>
        <p className="lead">
          Paste the SIP answer that refused a call, or drop a capture. You see who blocked it, why, and where to contest
          it.
        </p>
        <form
          className={isOver ? 'input over' : 'input'}
          onSubmit={(event) => {
            event.preventDefault()
            void readText(text)
          }}
        >
          <label htmlFor={ids.text}>SIP answer, or a trace with answers in it</label>
          <textarea
            id={ids.text}
            aria-describedby={ids.hint}
            value={text}
            rows={text === '' ? 5 : 12}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            placeholder="SIP/2.0 603 Network Blocked"
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void readText(text)
            }}
          />
          <p className="hint" id={ids.hint}>
            From its first line on. Ctrl+Enter reads it. Captures: pcap, pcapng, packed by gzip or not, and text traces.
          </p>
          <div className="acts">
            <button disabled={text.trim() === ''}>Explain it</button>
            <label className="button plain" htmlFor={ids.file}>
              Choose a capture
            </label>
            <input
              id={ids.file}
              className="file"
              type="file"
              onChange={(event) => {
                const file = event.target.files?.[0]
                if (file !== undefined) void readFile(file)
                event.target.value = ''
              }}
            />
            {text !== '' && (
              <button
                type="button"
                className="plain"
                onClick={() => void share()}
                disabled={text.length > LINK_TEXT_MAX}
              >
                Copy a link
              </button>
            )}
          </div>
          <p className="said" role="status">
            {LINK_WORDS[link]}
          </p>
          <div className="samples">
            <span id="samples">Or look at an example:</span>
            <ul aria-labelledby="samples">
              {SAMPLES.map((sample) => (
                <li key={sample.name}>
                  <button
                    type="button"
                    className="chip"
                    onClick={() => {
                      setText(sample.text)
                      void readText(sample.text)
                    }}
                  >
                    {sample.name}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        </form>
        <section ref={result} tabIndex={-1} aria-label="What it says" className="result">
          <Result state={state} chosen={chosen} onChoose={setChosen} />
        </section>
      </main>
      <footer>
        <p>
          Rules and meanings are those of RFC 3261, 3326, 8197, 8606 and 8688 and of ATIS-1000099. The same reader is in
          <code> recourse explain</code> and <code>recourse lint</code>.
        </p>
        <p>
          A link carries the text behind its # sign, which browsers send to nobody. Whoever has the link can read it.
        </p>
      </footer>
    </>
  )
}

function Result({ state, chosen, onChoose }: ResultProps) {
  if (state.kind === 'nothing') return undefined
  if (state.kind === 'reading')
    return (
      <p role="status">
        Reading {state.name}: <progress aria-label="Read" value={state.share} max={1} /> {Math.floor(state.share * 100)}{' '}
        %
      </p>
    )
  if (state.kind === 'fault')
    return (
      <div className="panel bad" role="alert">
        <h2>That could not be read</h2>
        <p>{state.words}</p>
      </div>
    )
  const { reading, name } = state
  const call = reading.calls[chosen]
  if (call === undefined)
    return (
      <div className="panel">
        <h2>No refused call in {name}</h2>
        <p>
          {reading.messages === 0
            ? 'No answer of 400 or more is in it. Requests and answers that let a call go on are passed over.'
            : reading.messages === 1
              ? 'One answer of 400 or more was looked at; it refuses no call.'
              : `${reading.messages} answers of 400 or more were looked at; none of them refuses a call.`}
        </p>
        <Problems reading={reading} />
      </div>
    )
  return (
    <>
      {reading.calls.length > 1 && <CallList reading={reading} chosen={chosen} onChoose={onChoose} />}
      <CallReport key={chosen} call={call} />
      <Problems reading={reading} />
    </>
  )
}

function Problems({ reading: { problems } }: { readonly reading: Reading }) {
  if (problems.length === 0) return undefined
  return (
    <div className="panel wait">
      <h2>Not all of it could be read</h2>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  )
}

function focusOn(place: RefObject<HTMLElement | null>): void {
  place.current?.focus({ preventScroll: true })
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  place.current?.scrollIntoView({ behavior: isCalm ? 'auto' : 'smooth', block: 'start' })
}

type State =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'reading'; readonly name: string; readonly share: number }
  | { readonly kind: 'read'; readonly name: string; readonly reading: Reading }
  | { readonly kind: 'fault'; readonly words: string }

type ResultProps = {
  readonly state: State
  readonly chosen: number
  readonly onChoose: (at: number) => void
}

type Link = 'none' | 'copied' | 'in the address' | 'too long'

const LINK_WORDS: { readonly [link in Link]: string } = {
  none: '',
  copied: 'The link is in your clipboard.',
  'in the address': 'The link is in the address bar: copy it from there.',
  'too long': 'The text is too long for a link. Paste the one answer alone.',
}
