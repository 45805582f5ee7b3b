import { type Markup, markup, typedText } from './markup.ts'

/** A form as it is shown: what was typed into it, and what is wrong with that. */
export type FormState = {
  readonly typed: ReadonlyMap<string, string>
  readonly faults: readonly FieldFault[]
  /** Why nothing was saved though nothing in the form is wrong. */
  readonly notice?: Markup | undefined
  /** The form's own key: who sends it twice files once. */
  readonly once: string
  /** Shows that a wait was begun in place of a puzzle. */
  readonly ticket?: string | undefined
}

/** What is wrong in a field, as a sentence to the person who filled it in; `#` alone names the form as a whole. */
export type FieldFault = { readonly field: string; readonly problem: string }

type Field = {
  readonly name: string
  readonly label: string
  readonly hint?: Markup | string | undefined
  readonly isOptional?: boolean | undefined
}

/** The box above a form that says what is wrong, each with a link to its field. */
export function faultSummary({ faults, notice }: FormState): Markup | '' {
  if (notice !== undefined) {
    return markup`<div class="summary" role="alert" tabindex="-1" id="problems">${notice}</div>`
  }
  if (faults.length === 0) return ''
  return markup`<div class="summary" role="alert" tabindex="-1" id="problems">
<h2>${faults.length === 1 ? 'One thing is missing or not clear' : `${faults.length} things are missing or not clear`}</h2>
<p>Nothing has been sent yet, and everything you typed is still here.</p>
<ul>${faults.map(({ field, problem }) => markup`<li><a href="#${field}">${problem}</a></li>`)}</ul>
</div>`
}

/** Fields that nobody sees: the key of the form, and the ticket of a wait. */
export function hiddenFields({ once, ticket }: FormState): Markup {
  return markup`<input type="hidden" name="once" value="${once}">${
    ticket === undefined ? '' : markup`<input type="hidden" name="ticket" value="${ticket}">`
  }`
}

export function textField(
  state: FormState,
  field: Field & {
    readonly type?: 'text' | 'email' | 'tel' | 'date' | 'time'
    readonly complete?: string
    readonly length?: number
  },
): Markup {
  const { name, type = 'text', complete = 'off', length = TEXT_MAX } = field
  return markup`<div class="field${faultyClass(state, name)}">
${head(state, field)}
<input type="${type}" id="${name}" name="${name}" value="${typedText(typed(state, name))}" maxlength="${length}" autocomplete="${complete}"${describedBy(state, field)}>
</div>`
}

export function textArea(
  state: FormState,
  field: Field & { readonly rows?: number; readonly isLines?: boolean; readonly length?: number },
): Markup {
  const { name, rows = 5, isLines = false, length } = field
  const most = length === undefined ? '' : markup` maxlength="${length}"`
  return markup`<div class="field${faultyClass(state, name)}">
${head(state, field)}
<textarea id="${name}" name="${name}" rows="${rows}"${most}${isLines ? markup` class="lines" spellcheck="false" autocapitalize="none"` : ''}${describedBy(state, field)}>${typedText(typed(state, name))}</textarea>
</div>`
}

export function selectField(
  state: FormState,
  field: Field & { readonly options: ReadonlyMap<string, string> },
): Markup {
  const { name, options } = field
  const chosen = state.typed.get(name)
  return markup`<div class="field${faultyClass(state, name)}">
${head(state, field)}
<select id="${name}" name="${name}"${describedBy(state, field)}>${Array.from(
    options,
    ([value, label]) => markup`<option value="${value}"${value === chosen ? markup` selected` : ''}>${label}</option>`,
  )}</select>
</div>`
}

/** A question with a few answers; the first one is chosen where none was. */
export function choiceField(
  state: FormState,
  field: Field & { readonly options: ReadonlyMap<string, string>; readonly isOpen?: boolean },
): Markup {
  const { name, label, options, hint, isOpen = false } = field
  const chosen = state.typed.get(name) ?? (isOpen ? undefined : [...options.keys()][0])
  const fault = faultOf(state, name)
  return markup`<fieldset class="field${faultyClass(state, name)}"${describedBy(state, field)}>
<legend>${label}</legend>
${hint === undefined ? '' : markup`<span class="hint" id="${name}-hint">${hint}</span>`}${faultText(name, fault)}
${Array.from(
  options,
  ([value, label], index) =>
    markup`<div class="choice"><input type="radio" id="${index === 0 ? name : `${name}-${index}`}" name="${name}" value="${value}"${value === chosen ? markup` checked` : ''}><label for="${index === 0 ? name : `${name}-${index}`}">${label}</label></div>`,
)}
</fieldset>`
}

export function checkField(state: FormState, { name, label, hint }: Field): Markup {
  const isChecked = state.typed.get(name) === 'yes'
  return markup`<div class="choice field"><input type="checkbox" id="${name}" name="${name}" value="yes"${isChecked ? markup` checked` : ''}${hint === undefined ? '' : markup` aria-describedby="${name}-hint"`}><div><label for="${name}">${label}</label>${hint === undefined ? '' : markup`<span class="hint" id="${name}-hint">${hint}</span>`}</div></div>`
}

export function fileField(state: FormState, field: Field & { readonly accept: string }): Markup {
  const { name, accept } = field
  return markup`<div class="field${faultyClass(state, name)}">
${head(state, field)}
<input type="file" id="${name}" name="${name}" accept="${accept}"${describedBy(state, field)}>
</div>`
}

/** A form that nobody has typed into yet. */
export function emptyForm(once: string, typed: ReadonlyMap<string, string> = new Map()): FormState {
  return { typed, faults: [], once }
}

function head(state: FormState, { name, label, hint, isOptional = false }: Field): Markup {
  return markup`<label for="${name}">${label}${isOptional ? markup` <span class="optional">(optional)</span>` : ''}</label>
${hint === undefined ? '' : markup`<span class="hint" id="${name}-hint">${hint}</span>`}${faultText(name, faultOf(state, name))}`
}

function faultText(name: string, fault: string | undefined): Markup | '' {
  return fault === undefined ? '' : markup`<span class="fault" id="${name}-fault">${fault}</span>`
}

function describedBy(state: FormState, { name, hint }: Field): Markup | '' {
  const hasFault = faultOf(state, name) !== undefined
  const ids = [...(hint === undefined ? [] : [`${name}-hint`]), ...(hasFault ? [`${name}-fault`] : [])]
  if (ids.length === 0) return ''
  return markup` aria-describedby="${ids.join(' ')}"${hasFault ? markup` aria-invalid="true"` : ''}`
}

function faultOf(state: FormState, name: string): string | undefined {
  return state.faults.find(({ field }) => field === name)?.problem
}

function faultyClass(state: FormState, name: string): string {
  return faultOf(state, name) === undefined ? '' : ' faulty'
}

function typed(state: FormState, name: string): string {
  return state.typed.get(name) ?? ''
}

const TEXT_MAX = 200
