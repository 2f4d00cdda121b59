/**
 * Whether this is the main thread. As `isMainThread` of node:worker_threads, whose loading takes 5 ms of every start: in Workers the
 * functions of `process` that they may not call say so (lib/internal/process/worker_thread_only.js).
 */
export const isMainThread = (process.abort as { disabled?: boolean }).disabled !== true
