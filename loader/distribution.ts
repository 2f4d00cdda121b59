// Where the built files are: every module of ours is in one of them, and all are in this folder.
import path from 'node:path'
import { pathToFileURL } from 'node:url'

export const distribution = import.meta.dirname

/** The entry of our own commands. */
export const commandsPath = path.join(distribution, 'cli.js')

export const registerPath = path.join(distribution, 'register.js')

/** What Node is to import first in a zygote that is to be a base. */
export const baseUrl = (): string => pathToFileURL(path.join(distribution, 'base.mjs')).href

/** As the client names it to Node. */
export const registerUrl = (): string => pathToFileURL(registerPath).href

/**
 * For NODE_OPTIONS, where a module that is not there any more would keep every Node from starting: as a module of its own that shrugs. Of
 * characters that neither Node's option parser nor any shell takes for something else within quotes.
 */
export const lastingRegisterUrl = (): string => {
  const url = registerUrl().replaceAll(/[^\w/.:~%-]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  // The text of a data: URL is decoded once more.
  return `data:text/javascript,await%20import('${url.replaceAll('%', '%25')}').catch(()=>{})`
}
