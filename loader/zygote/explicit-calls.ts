// Whether an entry says itself where its gate is: calls of start(), serve() and launch() from instastart/auto.
import type { AnyNode, CallExpression, Node } from 'acorn'
import { parse } from './parser.js'

export interface ExplicitCalls {
  /** start() or serve(). */
  start: boolean
  /** Each start() is awaited: then it waits until nothing is in flight. */
  isAwaited: boolean
  launch: boolean
}

const none: ExplicitCalls = { start: false, isAwaited: false, launch: false }

const isNode = (value: unknown): value is AnyNode => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

const childrenOf = (node: AnyNode): AnyNode[] => Object.values(node).flat().filter(isNode)

const eachNode = (node: AnyNode, visit: (node: AnyNode, parent: AnyNode | undefined) => void, parent?: AnyNode) => {
  visit(node, parent)
  for (const child of childrenOf(node)) eachNode(child, visit, node)
}

/** Around it may be what compilers put there: `__toESM(require(...))`. */
const requiresAuto = (node: AnyNode, isAuto: (specifier: string) => boolean): boolean => {
  let requires = false
  eachNode(node, (inner) => {
    requires ||= inner.type === 'CallExpression' && inner.callee.type === 'Identifier' && inner.callee.name === 'require' &&
      inner.arguments[0]?.type === 'Literal' && isAuto(String(inner.arguments[0].value))
  })
  return requires
}

/** Local names: of single functions, with the function's own name, and of the module as a whole (`import * as`, `const x = require()`). */
class Bindings {
  readonly functions = new Map<string, string>()
  readonly modules = new Set<string>()

  addPattern(pattern: AnyNode) {
    if (pattern.type === 'Identifier') this.modules.add(pattern.name)
    if (pattern.type !== 'ObjectPattern') return
    for (const property of pattern.properties) {
      if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.value.type !== 'Identifier') continue
      this.functions.set(property.value.name, property.key.name)
    }
  }

  addImport(node: AnyNode, isAuto: (specifier: string) => boolean) {
    if (node.type !== 'ImportDeclaration' || !isAuto(String(node.source.value))) return
    for (const specifier of node.specifiers) {
      if (specifier.type !== 'ImportSpecifier') this.modules.add(specifier.local.name)
      else if (specifier.imported.type === 'Identifier') this.functions.set(specifier.local.name, specifier.imported.name)
    }
  }

  addRequire(node: AnyNode, isAuto: (specifier: string) => boolean) {
    if (node.type === 'VariableDeclarator' && node.init && requiresAuto(node.init, isAuto)) this.addPattern(node.id)
  }

  /** Which of its functions a call is of. */
  calledBy({ callee }: CallExpression, isAuto: (specifier: string) => boolean): string | undefined {
    const called = callee.type === 'SequenceExpression' ? callee.expressions.at(-1) : callee
    if (called?.type === 'Identifier') return this.functions.get(called.name)
    if (called?.type !== 'MemberExpression' || called.property.type !== 'Identifier') return undefined
    const { object } = called
    const isModule = object.type === 'Identifier' ? this.modules.has(object.name) : object.type === 'CallExpression' && requiresAuto(object, isAuto)
    return isModule ? called.property.name : undefined
  }
}

/** `isAuto` tells whether a specifier in this text means instastart/auto. */
export const explicitCalls = (source: string, isAuto: (specifier: string) => boolean): ExplicitCalls => {
  const program = parse(source, 'module') ?? parse(source, 'script')
  if (!program) return none
  const bindings = new Bindings()
  eachNode(program, (node) => {
    bindings.addImport(node, isAuto)
    bindings.addRequire(node, isAuto)
  })
  const calls: { name: string | undefined; isAwaited: boolean }[] = []
  eachNode(program, (node, parent) => {
    if (node.type === 'CallExpression') calls.push({ name: bindings.calledBy(node, isAuto), isAwaited: parent?.type === 'AwaitExpression' })
  })
  const starts = calls.filter(({ name }) => name === 'start' || name === 'serve')
  return {
    start: starts.length > 0,
    isAwaited: starts.length > 0 && starts.every(({ name, isAwaited }) => name === 'start' && isAwaited),
    launch: calls.some(({ name }) => name === 'launch'),
  }
}
