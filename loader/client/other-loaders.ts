// Modules that are preloaded beside our own: another loader among them may need a thread, which no fork would have.
import { lastingRegisterUrl, registerPath } from '../distribution.js'

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
