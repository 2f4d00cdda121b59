// How far a CommonJS module does nothing but load: what it requires before its first statement with another effect.
import type {
  CallExpression, Class, Expression, MethodDefinition, Node, Pattern, Program, PropertyDefinition, StaticBlock, VariableDeclaration,
} from 'acorn'
import { parse } from './parser.js'

/** What tsc, Babel, esbuild, swc and Rollup call the functions that they wrap around a require or an export. */
const interopName = new RegExp(`^(${[
  '__to(ESM|CommonJS)', '__export', '__reExport', '__copyProps', // esbuild
  '__(exportStar|importStar|importDefault|createBinding|setModuleDefault)', // tsc, tslib
  '_?_interop(_?[rR]equire)?\\w*', '_getRequireWildcardCache', // Babel, swc, Rollup
  '_export(_star)?', // swc
].join('|')})$`)

class NotLeading extends Error {}

/** Specifiers, in order, each as often as it is required. Undefined if the text is no CommonJS that the parser understands. */
export const leadingRequires = (source: string): string[] | undefined => {
  const program = parse(source, 'script')
  if (!program) return undefined
  const leading: string[] = []
  for (const statement of program.body) {
    const requires = requiresOf(statement)
    if (requires === undefined) break
    leading.push(...requires)
  }
  return leading
}

/** The requires in a leading statement; undefined if it has another effect. */
const requiresOf = (statement: Program['body'][number]): string[] | undefined => {
  try {
    return inStatement(statement)
  } catch (error) {
    if (error instanceof NotLeading) return undefined
    throw error
  }
}

const inStatement = (statement: Program['body'][number]): string[] => {
  switch (statement.type) {
    case 'EmptyStatement':
    case 'FunctionDeclaration':
      return []
    case 'ClassDeclaration':
      return inClass(statement)
    case 'VariableDeclaration':
      return inVariables(statement)
    case 'ExpressionStatement':
      return inExpression(statement.expression)
    default:
      throw new NotLeading()
  }
}

const inVariables = (declaration: VariableDeclaration): string[] =>
  declaration.declarations.flatMap(({ id, init }) => {
    assertPlainPattern(id)
    return init ? inExpression(init) : []
  })

/** Names, and destructuring without defaults or computed keys, which would call anything. */
const assertPlainPattern = (pattern: Pattern) => {
  if (pattern.type === 'Identifier') return
  if (pattern.type !== 'ObjectPattern') throw new NotLeading()
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.computed) throw new NotLeading()
    assertPlainPattern(property.value)
  }
}

const inClass = ({ superClass, body, ...rest }: Class): string[] => {
  const hasEffect = (member: MethodDefinition | PropertyDefinition | StaticBlock) =>
    member.type === 'StaticBlock' || member.static || member.computed
  if (body.body.some(hasEffect) || 'decorators' in rest) throw new NotLeading()
  return superClass ? inExpression(superClass) : []
}

const inExpression = (node: Expression): string[] => {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ThisExpression':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return []
    case 'ClassExpression':
      return inClass(node)
    case 'MemberExpression':
      if (node.object.type === 'Super' || (node.computed && node.property.type !== 'Literal')) throw new NotLeading()
      return inExpression(node.object)
    case 'UnaryExpression':
      if (node.operator === 'delete') throw new NotLeading()
      return inExpression(node.argument)
    case 'LogicalExpression':
      return inGuarded(node.left, node.right)
    case 'ConditionalExpression':
      return withoutRequire([node.test, node.consequent, node.alternate])
    case 'ObjectExpression':
      return node.properties.flatMap((property) => {
        if (property.type !== 'Property' || property.computed) throw new NotLeading()
        return inExpression(property.value)
      })
    case 'ArrayExpression':
      return node.elements.flatMap((element) => {
        if (element?.type === 'SpreadElement') throw new NotLeading()
        return element ? inExpression(element) : []
      })
    case 'AssignmentExpression':
      return inAssignment(node.left, node.right)
    case 'SequenceExpression':
      return node.expressions.flatMap(inExpression)
    case 'ParenthesizedExpression':
      return inExpression(node.expression)
    case 'CallExpression':
      return inCall(node)
    default:
      throw new NotLeading()
  }
}

/** In a branch that may not be taken, a require cannot be counted on. */
const withoutRequire = (branches: readonly Expression[]): string[] => {
  if (branches.some((branch) => inExpression(branch).length > 0)) throw new NotLeading()
  return []
}

/** `0 && (module.exports = {...})` is how esbuild and swc tell Node's lexer of exports: it never runs. */
const inGuarded = (left: Node, right: Expression): string[] =>
  left.type === 'Literal' ? [] : withoutRequire([left as Expression, right])

/** Assignments to one's own exports. */
const inAssignment = (target: Node, value: Expression): string[] => {
  if (rootName(target) !== 'exports' && rootName(target) !== 'module') throw new NotLeading()
  return inExpression(value)
}

const rootName = (node: Node): string | undefined => {
  let at = node
  while (at.type === 'MemberExpression') at = (at as Node & { object: Node }).object
  return at.type === 'Identifier' ? (at as Node & { name: string }).name : undefined
}

const inCall = ({ callee, arguments: given }: CallExpression): string[] => {
  const [first] = given
  if (callee.type === 'Identifier' && callee.name === 'require') {
    if (given.length !== 1 || first?.type !== 'Literal' || typeof first.value !== 'string') throw new NotLeading()
    return [first.value]
  }
  if (!isInteropCall(callee) && !isObjectCall(callee, given[0]) && !isReExportLoop(callee)) throw new NotLeading()
  return given.flatMap((argument) => {
    if (argument.type === 'SpreadElement') throw new NotLeading()
    return inExpression(argument)
  })
}

/** `__toESM(...)`, `tslib_1.__importStar(...)`, `(0, tslib_1.__importDefault)(...)`, and helpers defined by a function called at once. */
const isInteropCall = (callee: Node): boolean => {
  switch (callee.type) {
    case 'Identifier':
      return interopName.test((callee as Node & { name: string }).name)
    case 'MemberExpression':
      return isInteropCall((callee as Node & { property: Node }).property)
    case 'SequenceExpression':
      return isInteropCall((callee as Node & { expressions: Node[] }).expressions.at(-1) ?? callee)
    case 'ParenthesizedExpression':
      return isInteropCall((callee as Node & { expression: Node }).expression)
    case 'FunctionExpression':
      return isHelperFactory(callee as Node & { params: Node[]; body: { body: Node[] } })
    default:
      return false
  }
}

/** tsc: `var __importStar = ... || (function () { var ownKeys = ...; return function (mod) {...}; })();` */
const isHelperFactory = ({ params, body }: { params: Node[]; body: { body: Node[] } }): boolean =>
  params.length === 0 && body.body.every(({ type }) => type === 'VariableDeclaration' || type === 'ReturnStatement' || type === 'FunctionDeclaration')

/** `Object.defineProperty(exports, "__esModule", ...)`. */
const isObjectCall = (callee: Node, target: Node | undefined): boolean =>
  callee.type === 'MemberExpression' && rootName(callee) === 'Object' && target !== undefined &&
  ['exports', 'module'].includes(rootName(target) ?? '')

/** Babel: `Object.keys(_module).forEach(function (key) {...})` copies what a module exports. */
const isReExportLoop = (callee: Node): boolean => {
  if (callee.type !== 'MemberExpression') return false
  const { object, property } = callee as Node & { object: Node & { callee?: Node }; property: Node & { name?: string } }
  return property.name === 'forEach' && object.type === 'CallExpression' && object.callee !== undefined &&
    rootName(object.callee) === 'Object'
}
