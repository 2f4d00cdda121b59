// What the running Node can do, by name. Gated on versions, not on `typeof`: most of these arrived as changed behaviour of
// something that existed before. Each is listed beside the change that brought it.

type Version = readonly number[]

const parse = (version: string): Version => version.split('.').map(Number)

const running = parse(process.versions.node)

const isAtLeast = ([, minor = 0, patch = 0]: Version, [, wantedMinor = 0, wantedPatch = 0]: Version): boolean =>
  minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch)

/** True from each named release of its own line on, and for every line newer than the last one named. */
export const isSince = (releases: readonly string[], version: Version = running): boolean => {
  const wanted = releases.map(parse)
  const sameLine = wanted.find(([line]) => line === version[0])
  return sameLine ? isAtLeast(version, sameLine) : wanted.every(([line = 0]) => line < (version[0] ?? 0))
}

export const nodeCapabilities = {
  /** Synchronous hooks on this thread, which survive a fork. https://nodejs.org/api/module.html#moduleregisterhooksoptions */
  registerHooks: isSince(['22.15', '23.5', '24.0']),

  /**
   * A load hook that passes CommonJS on as it is leaves it as it is. Before, the mere presence of a hook gives an imported
   * CommonJS file, the entry too, a `require` without `cache` and `extensions`. https://github.com/nodejs/node/issues/57327
   */
  hooksLeaveCommonJS: isSince(['22.22.3', '24.11.1', '26.0']),

  /**
   * CommonJS source that a load hook supplies is compiled by the ordinary CommonJS loader (real `require`, `require.cache`),
   * and `require`, `require.resolve` and nested requires reach the hooks: of `Module` nothing needs a patch but what strip-once.ts says.
   * https://github.com/nodejs/node/issues/59666, in 24.18.0 and 26.2.0; `require.resolve` reaches hooks since 24.15.0.
   */
  hooksServeCommonJS: isSince(['24.18', '26.2']),

  /**
   * The ES modules that a `require`d ES module imports reach the hooks. On 20 they are resolved and loaded by the default
   * steps alone (`ModuleLoader.getModuleJobForRequire` calls `defaultLoadSync`).
   */
  hooksServeRequiredModules: isSince(['22.15', '23.5', '24.0']),

  /**
   * `module.setSourceMapsSupport()`, which can leave node_modules out: reading the maps of all dependencies is slow.
   * https://nodejs.org/api/module.html#modulesetsourcemapssupportenabled-options
   */
  sourceMapsByOrigin: isSince(['22.14', '23.7', '24.0']),
} as const
