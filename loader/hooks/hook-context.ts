// What Node hands to hooks and wants back. Declared here because the types of Node 20 do not have all of it.

/** A list, or on some versions for `require` a set. */
type Conditions = readonly string[] | ReadonlySet<string>

export interface ResolveContext {
  parentURL?: string | undefined
  conditions?: Conditions
  importAttributes?: Record<string, string>
}

export interface ResolveResult {
  url: string
  format?: string | null | undefined
  importAttributes?: Record<string, string>
  shortCircuit?: boolean
}

export interface LoadContext {
  format?: string | null | undefined
  conditions?: Conditions
  importAttributes?: Record<string, string>
}

export interface LoadResult {
  format?: string | null | undefined
  source?: string | ArrayBuffer | NodeJS.ArrayBufferView | null | undefined
  responseURL?: string
  shortCircuit?: boolean
}

/** Whether `require` asks, by the condition that only it sets. */
export const isForRequire = ({ conditions }: { conditions?: Conditions }): boolean =>
  conditions !== undefined && ('has' in conditions ? conditions.has('require') : conditions.includes('require'))
