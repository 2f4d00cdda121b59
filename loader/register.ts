// `--import instastart/register`: in a program's process, becomes its client or lets it run plain; in a zygote, prepares for the gate.
import { isMainThread } from './main-thread.js'
import { zygoteKey } from './protocol.js'

const key = isMainThread ? zygoteKey(process.execArgv) : undefined

if (key) {
  (require('./zygote/begin.js') as typeof import('./zygote/begin.js')).beginZygote(key)
} else {
  if (isMainThread) (require('./client/start.js') as typeof import('./client/start.js')).startProgram('register')
  ;(require('./hooks/install.js') as typeof import('./hooks/install.js')).installHooks()
}
