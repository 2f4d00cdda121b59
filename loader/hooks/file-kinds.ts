// Which files are ours to transform, told by their names alone: JavaScript is never opened to find out.
import { fileURLToPath } from 'node:url'

export type ModuleFormat = 'module' | 'commonjs'

/** The extensions that need a transform. `.jsx` is among them for its markup. */
export const transformedExtensions = ['.ts', '.mts', '.cts', '.tsx', '.jsx'] as const

const transformedFile = /\.(?:[cm]?ts|[tj]sx)$/

/** Whether this file (a path) must be transformed before Node can compile it. */
export const isTransformed = (file: string): boolean => transformedFile.test(file)

/** The same for a URL, without taking it apart: every module of a program passes here. */
export const isTransformedURL = (url: string | undefined): boolean =>
  url !== undefined && url.startsWith('file:') && /\.(?:[cm]?ts|[tj]sx)(?:[?#]|$)/.test(url)

/** Whether JSON is imported as TypeScript does it, without an attribute: then it was given the format of an ES module. */
export const isImportedJSON = (url: string, format: unknown): boolean =>
  format === 'module' && url.startsWith('file:') && /\.json(?:[?#]|$)/.test(url)

/** The path of a `file:` URL, without its query; undefined for every other URL. */
export const fileOfURL = (url: string | undefined): string | undefined => {
  if (url === undefined || !url.startsWith('file:')) return undefined
  const end = url.search(/[?#]/)
  return fileURLToPath(end === -1 ? url : url.slice(0, end))
}

/** The query and fragment of a URL or specifier, or an empty string. */
export const queryOf = (specifier: string): string => {
  const start = specifier.search(/[?#]/)
  return start === -1 ? '' : specifier.slice(start)
}
