// What `require.cache` is for modules: each by its file, from just before it is evaluated.
import Module from 'node:module'

export const { _cache: requireCache } = Module as unknown as { _cache: Record<string, NodeModule | undefined> }
