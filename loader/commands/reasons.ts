// Every reason for a plain run, for a zygote that is not there, or for runs that are forked instead of thawed: what it means, and what helps. The
// one place for these words; test/commands/reasons.test.ts looks for them in the sources that say them.

export interface Explanation {
  means: string
  helps: string
}

const nothing = 'Nothing needs to be done.'
const fault = 'This should not happen. `instastart doctor` may know why; please report it.'
const variants = 'Each set of answers that comes again gets a zygote of its own. Leave the variable or argument as it is from run to run, if you can.'

const before: Record<string, Explanation> = {
  'INSTASTART=0': { means: 'The environment variable INSTASTART is 0: no warm runs, and no zygotes.', helps: 'Unset INSTASTART.' },
  platform: { means: 'Warm runs exist on Linux only. TypeScript works here.', helps: nothing },
  ci: {
    means: 'CI is set, and where machines build and test no zygotes are made unasked.',
    helps: 'Set INSTASTART=1 if programs are started again and again there, or make a zygote by `instastart warm`.',
  },
  'no-entry': { means: 'Node was started without the file of a program.', helps: nothing },
  option: {
    means: 'With this option Node does something else than run a program from its file, or looks at the process from outside.',
    helps: 'Leave the option out (it may come from NODE_OPTIONS).',
  },
  options: {
    means: 'Options before the program that are not of the form --name=value cannot be understood without Node.',
    helps: 'Write them as --name=value, or put them into NODE_OPTIONS.',
  },
  'ipc-channel': {
    means: 'The program was started with a channel to its parent that a zygote cannot have: as a worker of node:cluster, beside other preloads, after the event ' +
      'loop had begun, under a number above 63, or with fewer than 256 descriptors allowed.',
    helps: nothing,
  },
  coverage: { means: 'NODE_V8_COVERAGE is set: coverage counts what a process evaluates itself.', helps: nothing },
  'test-runner': { means: 'It is a file of Node\'s test runner.', helps: nothing },
  'entry-not-a-file': { means: 'The program is no regular file at this very path.', helps: 'Name the file with its ending.' },
  'inherited-descriptors': {
    means: 'The caller handed down open descriptors beyond 0, 1 and 2, which a forked run would not have, and there was no image to become the run from.',
    helps: 'Close them for the program (in a shell: `exec 9>&-`), if it does not need them.',
  },
  'another-installation': { means: 'The program imports instastart/auto, and another installation of instastart was preloaded: that one is at work.', helps: nothing },
  'another-loader': {
    means: 'The program was started with this loader of TypeScript (an option, or NODE_OPTIONS): it is at work then, and instastart stays out of its way.',
    helps: 'Start the program without it: instastart loads TypeScript by itself.',
  },
  'no-key': { means: 'The program or its working directory could not be looked at.', helps: 'Look whether both exist and may be read.' },
  'passing-sandbox': { means: 'The sandbox or container that the program runs in was made for it and ends with it, and a zygote with that.', helps: nothing },
  excluded: { means: 'Its package.json says so, or that of a module it imports ("instastart": { "exclude": [...] }).', helps: 'Take it out of that list.' },
  'no-addon': { means: 'The native part cannot be loaded: it was not built, or not for this machine.', helps: 'Run `instastart doctor`.' },
  'no-platform': { means: 'There is no native part for this version of Node.', helps: 'Use Node 20.20, 22, 24 or 26.' },
  'no-client': { means: 'The client program cannot be executed.', helps: 'Install instastart again.' },
}

const asking: Record<string, Explanation> = {
  absent: {
    means: 'There was no zygote for such a run: it was the first, or the first for this Node, or for these answers to what its modules ask.',
    helps: 'The next run of this kind is warm. `instastart warm` makes the zygote beforehand.',
  },
  warming: { means: 'The zygote was still being made, and would have taken longer than the run itself.', helps: 'The next run is warm.' },
  stale: { means: 'This file is not what it was when the zygote was made. Such a zygote leaves.', helps: 'The next run is warm, until a file changes again.' },
  question: { means: 'A module asked for this before the gate, and this run has another answer than the zygote.', helps: variants },
  attributes: {
    means: 'The run has another sandbox, limit, priority or control group than the zygote, and a forked run would have the zygote\'s.',
    helps: 'Start the program in the same way each time.',
  },
  closing: { means: 'The zygote was just leaving.', helps: 'The next run makes another.' },
  'no-answer': { means: 'The zygote did not answer within a second: it is stopped, or the machine is very busy.', helps: 'If it stays so: `instastart stop`, then run again.' },
  'broken-conversation': { means: 'The zygote ended while it was being asked.', helps: 'The next run makes another.' },
  'start-failed': { means: 'The zygote could not start the run: something was short, or it was ended.', helps: 'The next run makes another. `instastart doctor` looks at the limits.' },
  'foreign-zygote': { means: 'Somebody else listens in your runtime directory.', helps: 'Look at the owner and the mode of the directory: `instastart doctor`.' },
  unreachable: { means: 'The zygote\'s socket cannot be connected to.', helps: 'Look at the runtime directory: `instastart doctor`.' },
  terminal: {
    means: 'The program was started at a terminal, which a forked run would not have for /dev/tty, Ctrl-Z and what it starts; and there was no image to become the run from.',
    helps: 'Unset INSTASTART_ENGINE, if it is set. `instastart doctor` says whether images can be made here.',
  },
  'no-image': { means: 'INSTASTART_ENGINE=thaw demands a thaw, and there is no image of the zygote.', helps: 'Unset INSTASTART_ENGINE, and runs are forked where need be.' },
  thaw: {
    means: 'This process could not become the run, and it must: INSTASTART_ENGINE=thaw demands it, or the caller handed down descriptors beyond 0, 1 and 2.',
    helps: 'Unset INSTASTART_ENGINE, and close what is not needed.',
  },
}

const givenUp: Record<string, Explanation> = {
  'saves-little': {
    means: 'The program computes for so short a time that a warm run would not be felt.',
    helps: 'Start it by `instastart`, which saves Node\'s own start as well, or lower INSTASTART_MIN_SAVING (milliseconds).',
  },
  busy: { means: 'Two other zygotes were being made when this one was to be: no more are made at the same time.', helps: 'The next run tries again.' },
  'over-budget': {
    means: 'The zygote alone would take more memory than all of them may together (`instastart status` shows how much that is).',
    helps: 'Raise INSTASTART_MEMORY (500M, 2G), or let the program load what it seldom needs where it needs it. Another try is made once a file has changed, or later.',
  },
  failed: { means: 'The imports ended in this error when the zygote evaluated them.', helps: 'Mend it: another try is made once a file has changed. `instastart logs` has the whole error.' },
  'exited-before-gate': { means: 'A module ended the process while it was being imported.', helps: 'Call process.exit() in the program\'s own body.' },
  'open-handle': {
    means: 'A module left this open while it was imported: a timer, a server, a watcher, a connection. A fork would not have it.',
    helps: 'Open it in a function that the program calls, or name the module under "instastart": { "gateBefore": [...] } in package.json.',
  },
  thread: {
    means: 'A module started a thread while it was imported. A fork has one thread.',
    helps: 'Name the module under "instastart": { "gateBefore": [...] } in package.json. Loaders that work on a thread (ts-node, older tsx) are not needed beside instastart.',
  },
  'base-outdated': {
    means: 'After an edit the program imports packages in another order, or others, than its base has loaded.',
    helps: 'The next run makes another base.',
  },
  'base-seen': {
    means: 'The order in which a base evaluates could be seen here: a module of the program has changed what packages after it may look at as they are loaded, ' +
      'or a package has changed what modules of the program before it may, or has left something to be done, or has looked at the module that requires it.',
    helps: 'Nothing needs to be done: the next base ends in front of these packages.',
  },
  'base-failed': {
    means: 'A package could not be loaded without the program\'s own modules before it.',
    helps: 'Nothing needs to be done: zygotes of the program are made without a base from now on.',
  },
  'gate-in-base': {
    means: 'A package that the base would load must be evaluated in every run.',
    helps: 'Nothing needs to be done: zygotes of the program are made without a base from now on.',
  },
  'act-before-gate': {
    means: 'A module was about to do this while it was imported, which others can see: each run has to do it itself.',
    helps: 'The next zygote stops in front of the module, if that was found out. Else do it in a function that the program calls, or name the module under "instastart": { "gateBefore": [...] } in package.json.',
  },
  'gate-too-late': {
    means: 'The program went on past its imports, up to its first act, and could not be forked there: it had drawn a random number, or waited for something.',
    helps: 'Nothing needs to be done: the next zygote stops earlier, at the latest behind the imports.',
  },
  'no-observer': { means: 'The library that hears what modules ask was not loaded: it is missing, or LD_PRELOAD is not allowed for this Node.', helps: 'Run `instastart doctor`.' },
  'too-many-files': { means: 'Modules looked for more files than are remembered.', helps: nothing },
  unheard: { means: 'With UV_USE_IO_URING nobody hears which files are read.', helps: 'Unset UV_USE_IO_URING.' },
  'output-before-gate': {
    means: 'A module printed something while it was imported, which each run would have to print.',
    helps: 'The next zygote stops in front of the module, if that was found out. Else print in the program\'s body, or name the module under "gateBefore".',
  },
  'changed-while-loading': { means: 'This file changed while the zygote was loading, or right before.', helps: 'Another try is made at the next run.' },
  'not-understood': { means: 'The program\'s own file could not be parsed.', helps: 'If Node runs it, please report it.' },
  'start-not-reached': { means: 'The program uses start() or launch(), and was evaluated to its end without reaching it.', helps: 'Call it in the synchronous top level of the program\'s file.' },
  'auto-after-gate': { means: 'The program imports instastart/auto after the gate only.', helps: 'Import it first.' },
  'unknown-node': { means: 'This Node keeps its clock or random numbers in a way that is not known.', helps: 'Use a release of Node 20.20, 22, 24 or 26.' },
  'randomness-before-gate': {
    means: 'A module drew random bytes from node:crypto while it was imported, and all runs would have the same.',
    helps: 'The next zygote stops in front of the module, if that was found out. Else draw them in a function that the program calls, or name the module under "instastart": { "gateBefore": [...] } in package.json.',
  },
  'identity-before-gate': {
    means: 'A module read this while it was imported. Every process has its own, and all runs would have the same.',
    helps: 'The next zygote stops in front of the module, if that was found out. Else read it in a function that the program calls, or name the module under "instastart": { "gateBefore": [...] } in package.json.',
  },
  'identity-imported': {
    means: 'A module imports pid or ppid from node:process by name, which Node fills in before anything is evaluated, and never again.',
    helps: 'Write `import process from \'node:process\'`, and read process.pid where it is needed.',
  },
  'busy-workers': { means: 'Node\'s worker threads would not come to rest.', helps: 'Another try is made later.' },
  'could-not-park': { means: 'The zygote could not be made ready for forks.', helps: fault },
}

const gone: Record<string, Explanation> = {
  idle: { means: 'Nobody has needed the zygote for long, so it left.', helps: 'The next run makes another. INSTASTART_IDLE sets how long they stay (seconds).' },
  stopped: { means: 'The zygote was told to end: by `instastart stop`, or because others were needed more.', helps: 'The next run makes another. INSTASTART_MEMORY and INSTASTART_ZYGOTES set how much, and how many, may stay.' },
  signal: { means: 'The zygote was ended by a signal (a logout, `kill`).', helps: 'The next run makes another.' },
  replaced: { means: 'The zygote\'s socket, or its directory, was removed or replaced, so it left.', helps: 'The next run makes another.' },
  'sandbox-ended': { means: 'The command that the zygote\'s sandbox or container was made for has ended, and a zygote would have kept it waiting.', helps: nothing },
  'node-replaced': { means: 'The Node that the zygote executes was removed, replaced or touched, so it left.', helps: 'The next run makes another, with the Node that is there.' },
  died: { means: 'The zygote is gone without a word: it was killed, for want of memory perhaps, or it crashed.', helps: 'The next run makes another. If it happens again, please report it.' },
  'died-warming': {
    means: 'The zygote died while it evaluated the imports: it was killed, it crashed, or it took more than 300 s.',
    helps: 'The next run tries again. If it happens again, look for a module that kills its process or waits for input while it is imported.',
  },
  'not-started': { means: 'The run that was to make the zygote was ended by a signal before.', helps: 'The next run makes it.' },
}

const forked: Record<string, Explanation> = {
  'discards-pages': { means: 'This library gives memory back in a way that an image does not allow.', helps: nothing },
  'shared-memory': { means: 'The process shares memory with others.', helps: nothing },
  'memory-of-a-kind': { means: 'Some memory is locked, huge or has a protection key.', helps: nothing },
  descriptor: { means: 'A descriptor of this kind cannot be made again.', helps: nothing },
  'file-is-gone': { means: 'A library that is in memory is not the file any more.', helps: 'Start again after the upgrade: `instastart stop`.' },
  threads: { means: 'There was more than one thread.', helps: nothing },
  memory: { means: 'No memory for an image was to be had.', helps: nothing },
  fork: { means: 'The process that makes the image could not be forked.', helps: 'Look at the limits: `instastart doctor`.' },
  'maker-died': { means: 'The process that makes the image was killed, for want of memory perhaps.', helps: nothing },
  'not-written': { means: 'The image could not be written.', helps: nothing },
}

const beyondImages: Explanation = { means: 'The process has more of these than an image can hold, or the kernel does not tell them.', helps: nothing }

for (const reason of ['restartable-sequences', 'no-status', 'tid-address', 'robust-list', 'descriptors', 'mappings', 'files', 'pagemap', 'special-mappings', 'memory-map']) {
  forked[reason] = beyondImages
}

export const reasons: Record<string, Explanation> = { ...before, ...asking, ...givenUp, ...gone, ...forked }

/** The stable word of a reason: what comes before its details. */
export const wordOf = (reason: string): string => reason.split(':', 1)[0] ?? reason

/** Behind a state, unless that says it already. */
export const stateWithReason = (state: string, reason: string | null): string[] =>
  (reason === null || reason === state ? [] : [reason.startsWith(`${state}: `) ? reason.slice(state.length + 2) : reason])

/** Of one that is not known, made by another build perhaps, there is nothing to say. */
export const explain = (reason: string): Explanation => {
  const word = wordOf(reason)
  return Object.hasOwn(reasons, word) ? reasons[word] as Explanation : { means: reason, helps: fault }
}
