// `--import instastart/register`: in a program's process, becomes its client or lets it run plain; in a zygote, prepares for the gate.
import { isMainThread } from './main-thread.js'
import { zygoteKey } from './protocol.js'

const key = zygoteKey(process.execArgv)

if (key && isMainThread) {
  (require('./zygote/begin.js') as typeof import('./zygote/begin.js')).beginZygote(key)
} else {
  if (isMainThread) (require('./client/start.js') as typeof import('./client/start.js')).startProgram('register')
  else if (key) (require('./run/worker.js') as typeof import('./run/worker.js')).takeWorkerIdentity()
  const { typeScriptLoader } = require('./client/other-loaders.js') as typeof import('./client/other-loaders.js')
  if (!typeScriptLoader()) (require('./hooks/install.js') as typeof import('./hooks/install.js')).installHooks()
}
