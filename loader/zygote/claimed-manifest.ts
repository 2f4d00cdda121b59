// The manifest as the starter wrote it, from the descriptor that came with the claim.
import fs from 'node:fs'
import type { Manifest } from '../protocol.js'

/** native/addon/starter.h, ZYGOTE_MANIFEST. */
const descriptor = 3

export const claimedManifest = (): Manifest => {
  const { size } = fs.fstatSync(descriptor)
  const bytes = Buffer.alloc(size)
  fs.readSync(descriptor, bytes, 0, size, 0)
  return JSON.parse(bytes.toString()) as Manifest
}
