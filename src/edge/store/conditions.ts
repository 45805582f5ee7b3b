/** The conditions of a query as they are asked for one by one, with their values in order. */
export class Conditions {
  readonly values: (string | number)[] = []
  readonly #conditions: string[] = []

  ask(condition: string, ...values: (string | number)[]): void {
    this.#conditions.push(condition)
    this.values.push(...values)
  }

  /** The WHERE clause; empty where nothing was asked. */
  get where(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`
  }
}
