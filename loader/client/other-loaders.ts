// Modules that are preloaded beside our own: another loader among them may need a thread, which no fork would have.
import { lastingRegisterUrl, registerPath } from '../distribution.js'

export const nodeOptions = (): string[] => process.env.NODE_OPTIONS?.split(/\s+/) ?? []

const options = ['--import', '--require', '-r', '--loader', '--experimental-loader']

const isOurs = (specifier: string): boolean =>
  specifier === 'instastart/register' || specifier.includes(registerPath) || specifier === lastingRegisterUrl()

/** What those options name. `words`: process.execArgv, NODE_OPTIONS. */
export const otherPreloads = (words: readonly string[]): string[] =>
  words.flatMap((word, i) => {
    const [option = '', ...rest] = word.split('=')
    if (!options.includes(option)) return []
    const specifier = rest.length > 0 ? rest.join('=') : words[i + 1] ?? ''
    return isOurs(specifier) ? [] : [specifier]
  })

/**
 * The usual loaders of TypeScript. Two of them in one process translate each other's code, and one goes by formats that the other gives; so where
 * a program is started with one of these, it has that one only.
 */
const typeScriptLoaders = [
  'tsx', 'ts-node', 'ts-node-dev', '@swc-node/register', '@swc/register', '@oxc-node/core', 'esbuild-register', 'esbuild-runner', '@esbuild-kit/esm-loader',
  '@esbuild-kit/cjs-loader', '@babel/register', 'sucrase', 'jiti',
]

/** The first one among this process's preloads, by its name. */
export const typeScriptLoader = (): string | undefined => {
  const preloads = otherPreloads([...process.execArgv, ...nodeOptions()])
  return typeScriptLoaders.find((name) => preloads.some((specifier) => `${specifier}/`.startsWith(`${name}/`) || specifier.includes(`/node_modules/${name}/`)))
}
