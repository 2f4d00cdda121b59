// A Worker of a run is told Node's options as the zygote was started with them (Environment::exec_argv, src/node_worker.cc).
import { loadNative } from '../native.js'

/** In the Worker, in place of what Node has told it, which the program's own modules have not seen yet. */
export const takeWorkerIdentity = () => {
  const native = loadNative()
  if (typeof native === 'string') return
  process.execArgv.splice(0, process.execArgv.length, ...native.runOptions())
}
