import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
const { name, loud } = yargs(hideBin(process.argv)).scriptName('greet').version('1.0.0').option('name', { default: 'World' }).boolean('loud').strict(false).parseSync()
const text = `Hello, ${name}!`
console.log(loud ? text.toUpperCase() : text)
