/** Says something to the person who started the program, in a line of its own. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
