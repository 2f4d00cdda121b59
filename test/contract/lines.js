// The lines of the contract, and the tests that hold each: a pattern of the test's file and full name.
export const lines = [
  {
    line: 'In an empty directory with only Node 20 or newer, npm and a C++ compiler, both README commands succeed.',
    tests: /^contract\/timings .*README/,
  },
  {
    line: 'The median of 10 warm runs of the demo is at most 0.1 of the plain run with `node --import`, 0.03 with `instastart`.',
    tests: /^contract\/timings .*a warm run of the demo/,
  },
  {
    line: 'A run typed right after the first is warm or no slower than plain.',
    tests: /^contract\/timings .*right after the first/,
  },
  {
    line: 'A forked run passes: timers, fs.promises, dns, crypto, spawn, fork with IPC, http, fetch, WebAssembly.compile, dynamic import, Worker, zlib, GC, JIT.',
    tests: /^e2e\/abilities .*a forked run can use/,
  },
  {
    line: '500 runs with more in flight than cores, none crashing or hanging.',
    tests: /^e2e\/abilities .*more in flight than processors/,
  },
  {
    line: 'Both ways out, a throw, a rejection, `process.exitCode`, exit listeners: codes, output and side effects of plain Node.',
    tests: /^e2e\/ways-out /,
  },
  {
    line: 'A syntax error, a missing module, a throw in a dependency: Node\'s own message, code and line; no zygote left that failed or is tried again.',
    tests: /^e2e\/failures .*(fails with|fails at|tried again)/,
  },
  {
    line: 'Fifty first runs at once make one zygote and fifty right results.',
    tests: /^e2e\/failures .*first runs at once/,
  },
  {
    line: 'Fail open: whatever is broken, a plain run with the same result.',
    tests: /^e2e\/fail-open /,
  },
  {
    line: 'Stale is plain: an edit of any file of the graph is seen by the next run.',
    tests: /^e2e\/stale /,
  },
  {
    line: 'A killed client takes its run with it; signals and stops reach the run.',
    tests: /^e2e\/signals /,
  },
  {
    line: 'Warm from the second run on, and a run sees of itself what a plain run sees.',
    tests: /^e2e\/(entries|kinds) /,
  },
  {
    line: 'TypeScript: four majors x the whole table; equal to tsx where tsx is right, better where it is known to fail.',
    tests: /^hooks\/(table\/|composition|flags|tools|shadowing|internals|typescript|tsconfig)/,
  },
  {
    line: 'Cold `node --import instastart/register hello.ts` at most 0.7 of tsx\'s time, cold heavy at most 1.0; plain JavaScript entries at most 10 ms over plain node.',
    tests: /^contract\/cold /,
  },
  {
    line: 'The Python README\'s example, translated: 10 times faster from the second run on with `node`, 50 times with the launcher.',
    tests: /^contract\/auto .*the original's example/,
  },
  {
    line: 'CLI authors\' case: a package with a bin that uses `launch()`, installed from a tarball, is warm for its users who know nothing of us.',
    tests: /^contract\/auto .*whose bin calls launch\(\)/,
  },
  {
    line: '2,000 runs with 16 in flight, half of them killed at random moments: none hung, none lost, nothing left, the zygote does not grow.',
    tests: /^contract\/kills /,
  },
  {
    line: '2,000 forks under load with concurrent compilation and garbage collection forced: no crash.',
    tests: /^contract\/forks /,
  },
  {
    line: 'Throughput of a warm run at most 1.03 of plain on every workload.',
    tests: /^contract\/bench .*takes at most 1\.03 of the time/,
  },
  {
    line: '`node --import instastart/register` warm: at most 1.25 of `node --import <empty>`, whatever the graph.',
    tests: /^contract\/bench .*at most 1\.25 of an empty preload/,
  },
  {
    line: '`instastart` warm: hello at most 0.4 of `node -e 0` (22-26); heavy at most 1.5 of its own hello; mid and heavy at least 5 times faster than every peer.',
    tests: /^contract\/bench .*, warm by the command, /,
  },
  {
    line: 'A thawed hello at most 1.2 of bun\'s; thaw never slower than fork.',
    tests: /^contract\/bench .*, thawed, /,
  },
  {
    line: 'Private memory at the entry\'s first line at most 10% of the plain process\'s at the same line; growth after it at most plain\'s plus 10%.',
    tests: /^contract\/bench .*private memory/,
  },
  {
    line: '20,000 thawed runs across four majors and both layouts, with bodies that allocate, recurse, use Workers, wasm, processes and the network: no crash, no hang, no difference.',
    tests: /^e2e\/thaw .*more in flight than processors/,
  },
  {
    line: 'A thawed run is its caller\'s process: `$!` is `process.pid`; limits, environment, command line and status as in plain Node.',
    tests: /^e2e\/thaw .*(as in plain Node|the command line|means? a|descriptors of the caller)/,
  },
  {
    line: '`$!`, `time`, `strace -f`, `gdb`, `nice`, limits, `unshare`, `bwrap`, `setpriv` act on a thawed run as on plain Node.',
    tests: /^e2e\/outside /,
  },
  {
    line: 'Changing what no module asked about keeps the run warm; changing what was asked never gives the old answer: 2,000 random programs x random environments and arguments, none unequal.',
    tests: /^e2e\/(questions|variants|looks|surroundings) /,
  },
  {
    line: 'All questions of three times the heaviest program known are asked again in under 0.3 ms.',
    tests: /^native\/variant 200 variables/,
  },
  {
    line: 'What modules keep of the process (pid, ppid, title) is the run\'s; `why` tells which module has asked what.',
    tests: /^(e2e\/kept-identity|commands\/askers) /,
  },
  {
    line: 'A replayed day (five directories, tmux, an editor, ssh, cron, npm scripts, resizes, colour switches): at least 90% of runs warm.',
    tests: /^e2e\/day /,
  },
  {
    line: 'What a module does while it is imported and each run has to do itself is done once a run; the gate moves in front of that module, and `why` names both.',
    tests: /^e2e\/(moved-gates |looks .*does it in each run)/,
  },
  {
    line: 'Zygotes stay within a count and a memory budget, which `status` tells as /proc does; at most two are made at a time; nothing wakes those that wait; they end when their way in or their Node is gone.',
    tests: /^(e2e\/(at-rest|budget|many-starts|footing)|commands\/stop) /,
  },
  {
    line: '200 programs in a row with 500 MB: never over it by more than one zygote, `status` agrees with /proc; 10,000 runs: descriptors, watches, memory and files bounded.',
    tests: /^contract\/soak /,
  },
  {
    line: 'What users do at a terminal (Ctrl-C, Ctrl-Z and jobs, prompts, passwords, pipelines, a terminal that is closed): thawed runs equal plain ones; there are no forks.',
    tests: /^e2e\/scenarios /,
  },
  {
    line: '1,000 random interactive sessions (keys, resizes, stops, kills) leave no process, no raw terminal, no unread byte.',
    tests: /^contract\/sessions /,
  },
  {
    line: '1 GB through stdin, run and stdout is byte-exact, at 0.97 of plain Node\'s rate or better, by both engines.',
    tests: /^contract\/stdio /,
  },
  {
    line: 'Under NODE_OPTIONS every Node does what it does without, and is warm or plain on purpose: -e, -p, -i, stdin, --test, --watch, --inspect, --run, snapshots, Workers, npm, other loaders.',
    tests: /^e2e\/everywhere /,
  },
  {
    line: 'A process that we do nothing for pays under 1.5 ms over an empty preload.',
    tests: /^contract\/timings .*nothing is done for/,
  },
  {
    line: 'A run leaves the modes of its terminal and its descriptors as it found them, as plain Node does.',
    tests: /^e2e\/terminal /,
  },
  {
    line: 'Runs of one program draw no equal UUID and no equal number, in no context, Worker or store of Node\'s, by either engine: 10,000 runs.',
    tests: /^e2e\/randomness /,
  },
  {
    line: 'Clocks, ids, names, report and SIGUSR1 of a run are those of a process that started with its client.',
    tests: /^e2e\/identity /,
  },
  {
    line: '50 concurrent runs of a large graph share the image: total proportional memory at most 25% of 50 plain processes.',
    tests: /^contract\/sharing /,
  },
  {
    line: '`status`, `why`, `doctor` tell the truth after an edit, a crash, a version change, a failed preload, `INSTASTART=0`, another loader: a test each.',
    tests: /^commands\/truth /,
  },
  {
    line: 'Whether 3,000 files in 600 folders are what they were is known in 0.2 ms, where they must be looked at in 5 ms.',
    tests: /^native\/freshness .*a twentieth of a look/,
  },
  {
    line: 'After 5,000 changes of many kinds a run each: never the old result; at most 1% plain after changes that the program cannot notice.',
    tests: /^e2e\/changes /,
  },
  {
    line: 'The run right after an edit of an own module takes at most 0.25 of a plain one, the one after that is fully warm (median over all own files).',
    tests: /^e2e\/base .*(at most a quarter|after an edit of an own module is warm)/,
  },
  {
    line: 'From a base no run differs from a plain one, whatever own modules do, import and change.',
    tests: /^e2e\/base /,
  },
  {
    line: 'A CommonJS program goes on in its zygote up to its first act; that and what comes after it is each run\'s own, of whatever kind it is, and no time has passed.',
    tests: /^e2e\/later-gate /,
  },
  {
    line: 'Command-line tools that people have do what they do in plain Node, in every situation; each plain run has a reason.',
    tests: /^contract\/parity .* every tool does what/,
  },
  {
    line: 'At least 8 of 12 named tools, unmodified, do `--version`, `--help` and a small job 3 times sooner or better than plain; none slower.',
    tests: /^contract\/parity .* at least 8 of 12/,
  },
]
