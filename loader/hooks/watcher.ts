// What a zygote hears from the hooks, and may decide. A plain run has no watcher.

export interface LoadWatcher {
  /**
   * A file took part in resolving or loading: a source, a package.json, a tsconfig (with all it extends). Absolute path.
   * Also one that is not there, but would be taken instead of another if it were. Called at least once for each.
   */
  consulted?(file: string): void
  /** A chance to resolve a specifier before Node does: a final URL, or another parent to resolve from. undefined: as usual. */
  resolve?(specifier: string, parentURL: string | undefined): { url: string; format?: string } | { parentURL: string } | undefined
  /** What an `import` has been resolved to. */
  resolved?(specifier: string, parentURL: string, url: string): void
  /** What a `require` has been resolved to, unless Node knows it from an earlier one; or a `require.resolve`, or what Node reads for its exports. */
  required?(specifier: string, parentURL: string, url: string): void
  /** Source of a module that exists in no file (asked for every URL whose scheme is not file:, node:, data:, or undefined otherwise). */
  virtual?(url: string): { format: string; source: string } | undefined
  /**
   * The JavaScript of a *module-format* (ESM) file just before Node compiles it (after the TS transform if any); may return other
   * text to compile instead.
   */
  source?(url: string, source: string): string | undefined
  /** What hooks do and ask in `step` is not the program's: they start the compiler, for one, with all of the environment. */
  asOwnWork?<Result>(step: () => Result): Result
}

export interface HookOptions {
  watcher?: LoadWatcher
  /** true in a zygote: hooks must live on this thread (they must survive fork), esbuild's service and worker thread must never be started */
  inZygote?: boolean
}

interface ActiveOptions extends HookOptions {
  /** The program's entry, where `process.argv` does not tell it (on a hooks thread), or is not to be asked (in a zygote). */
  entry?: string | undefined
}

/** The options of this process (of this thread): set once, when the hooks are installed. */
export const active: ActiveOptions = {}
