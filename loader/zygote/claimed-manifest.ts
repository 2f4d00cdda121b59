// The manifest as the starter wrote it, from the descriptor that came with the claim; with this process's pid, by which it can be ended
// before it listens.
import fs from 'node:fs'
import type { Manifest } from '../protocol.js'

export const claimedManifest = (descriptor: number): Manifest => {
  const { size } = fs.fstatSync(descriptor)
  const bytes = Buffer.alloc(size)
  fs.readSync(descriptor, bytes, 0, size, 0)
  const manifest: Manifest = { ...JSON.parse(bytes.toString()) as Manifest, pid: process.pid }
  fs.writeSync(descriptor, JSON.stringify(manifest), 0)
  return manifest
}
