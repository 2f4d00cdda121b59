/** Every error that is ours. `code` is stable (`INSTASTART_...`) and the message says what happened, to what, and what to do. */
export class InstastartError extends Error {
  readonly code: `INSTASTART_${string}`

  constructor(code: `INSTASTART_${string}`, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  /** On the prototype, as the names of the built-in errors are, so that printing an error does not list it as a property. */
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'InstastartError', configurable: true, writable: true })
  }
}
