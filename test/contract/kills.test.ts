// Clients that are killed at any moment: the others notice nothing, and the zygote keeps nothing of them.
import fs from 'node:fs'
import { describe, expect, test } from 'vitest'
import { until } from '../support/conditions.js'
import { recordFigure, scaled } from '../support/contract.js'
import { nodes } from '../support/nodes.js'
import { Sandbox, engines, isWarm, withoutDebugLines } from '../support/sandbox.js'
import { descriptorsOf, isWeighing, standbysOf } from '../support/zygotes.js'

const runs = scaled(2000, 100)
const inFlight = 16
/** Within it a run of the program below starts, works and ends. */
const longestMs = 80

const program = `import { format } from 'node:util'
const text = format('%d', 6 * 7)
setTimeout(() => console.log(text), 5)
`

/** Memory of its own, whether or not a standby shares it, and what its open descriptors are. */
const sizeOf = (pid: number) => {
  const kB = Number(/^Anonymous:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
  // Without the inode's number, by which two sockets differ.
  return { kB, descriptors: descriptorsOf(pid).map((target) => target.replace(/\d+/, 'N')).sort() }
}

/** Zombies among them. */
const childrenOf = (pid: number) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

describe.each(nodes)('on Node $version', (node) => {
  test.each(engines)(`by %s: ${runs} runs, ${inFlight} in flight, half of them killed: none hangs, none is lost, nothing is left, the zygote does not grow`, async (engine) => {
    await using sandbox = new Sandbox(node, undefined, engine)
    sandbox.write('app.mjs', program)
    await sandbox.warmUp('client', ['app.mjs'])
    const zygote = sandbox.zygotes()[0]?.pid ?? NaN
    const seen = { warm: 0, killed: 0, wrong: [] as unknown[] }

    const one = async (isToBeKilled: boolean) => {
      const { child, ended } = sandbox.start('client', ['app.mjs'])
      const timer = isToBeKilled ? setTimeout(() => child.kill('SIGKILL'), Math.random() * longestMs) : undefined
      const outcome = await ended
      clearTimeout(timer)
      if (outcome.signal === 'SIGKILL') seen.killed++
      else if (outcome.stdout !== '42\n' || outcome.status !== 0 || withoutDebugLines(outcome.stderr) !== '') seen.wrong.push(outcome)
      if (isWarm(outcome)) seen.warm++
      // One that was killed says nothing, or all of it: but it is gone.
      if (outcome.signal === 'SIGKILL' && !['', '42\n'].includes(outcome.stdout)) seen.wrong.push(outcome)
    }
    const several = async (count: number) => {
      let left = count
      const worker = async () => {
        while (left-- > 0) await one(left % 2 === 0)
      }
      await Promise.all(Array.from({ length: inFlight }, worker))
    }
    // A run that has ended holds a descriptor of the zygote's until it is reaped, which is later than that it is no process with an environment.
    const atRest = () =>
      until('the standby if there is to be one, no other child, and the zygote weighing nothing', () => {
        const standbys = standbysOf(sandbox.runtime).map(({ pid }) => pid)
        const isAlone = standbys.length === (engine === 'fork' ? 1 : 0) && sandbox.processes().length === 1 + standbys.length && childrenOf(zygote).join() === standbys.join()
        return isAlone && !isWeighing(zygote)
      })
    const sizeAtRest = async () => {
      await atRest()
      // One client more, which the zygote hears after all others' last words.
      await one(false)
      await atRest()
      return sizeOf(zygote)
    }

    await several(4 * inFlight)
    const before = await sizeAtRest()
    await several(runs)
    const after = await sizeAtRest()

    expect(seen.wrong).toEqual([])
    expect(sandbox.zygotes().map(({ pid }) => pid)).toEqual([zygote])
    expect(after.descriptors).toEqual(before.descriptors)
    expect(after.kB).toBeLessThan(before.kB * 1.1 + 1000)
    recordFigure({ node: node.version, what: `${runs} runs by ${engine}, half killed`, value: `${seen.warm} warm, ${seen.killed} killed; the zygote had ${before.kB} kB, then ${after.kB} kB` })
  }, 600_000)
})
