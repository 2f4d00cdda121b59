// The static imports of an ES module, as statements that import the same modules for their evaluation only.
import type { ImportDeclaration, ExportAllDeclaration, ExportNamedDeclaration } from 'acorn'
import { parse } from './parser.js'

export interface StaticImport {
  specifier: string
  hasAttributes: boolean
  /** `import "specifier" with {...};` */
  statement: string
}

const statementOf = (node: ImportDeclaration | ExportAllDeclaration | ExportNamedDeclaration): StaticImport[] => {
  // Source-phase and deferred imports evaluate nothing before the body, and so must not be imported for evaluation.
  if (!node.source || (node as { phase?: string | null }).phase) return []
  const specifier = String(node.source.value)
  const attributes = node.attributes.map(({ key, value }) =>
    `${JSON.stringify(key.type === 'Identifier' ? key.name : key.value)}: ${JSON.stringify(value.value)}`)
  const clause = attributes.length > 0 ? ` with { ${attributes.join(', ')} }` : ''
  return [{ specifier, hasAttributes: attributes.length > 0, statement: `import ${JSON.stringify(specifier)}${clause};` }]
}

/** In order; undefined if the text cannot be parsed. */
export const staticImports = (source: string): StaticImport[] | undefined =>
  parse(source, 'module')?.body.flatMap((node) =>
    node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration' ? statementOf(node) : [])
