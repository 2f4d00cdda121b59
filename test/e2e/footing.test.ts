// A parked zygote leaves by itself when no client can come any more.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodes } from '../support/nodes.js'
import { Sandbox, isWarm, plainReason } from '../support/sandbox.js'
import { doorsOf, untilGone } from '../support/zygotes.js'

describe.each(nodes)('on Node $version', (node) => {
  let sandbox: Sandbox
  let pids: number[]
  const folder = () => path.join(sandbox.runtime, 'instastart')
  const door = () => path.join(folder(), doorsOf(sandbox.runtime)[0] ?? '')
  const run = () => sandbox.run('client', ['app.mjs'])
  const warmUp = async () => {
    await sandbox.warmUp('client', ['app.mjs'])
    pids = sandbox.zygotes().map(({ pid }) => pid)
  }
  beforeEach(() => {
    sandbox = new Sandbox(node)
    sandbox.write('app.mjs', 'console.log("app")\n')
  })
  afterEach(() => sandbox.dispose())

  test('its socket is removed', async () => {
    await warmUp()
    fs.rmSync(door())
    await untilGone(pids)
    expect(sandbox.manifests()).toMatchObject([{ state: 'parked', ended: 'replaced' }])
    expect(plainReason(await run())).toBe('absent')
    await sandbox.untilParked()
    expect(isWarm(await run())).toBe(true)
  })

  test('another file takes the place of its socket', async () => {
    await warmUp()
    const other = path.join(folder(), 'bind-other')
    const socket = door()
    fs.writeFileSync(other, '')
    fs.renameSync(other, socket)
    await untilGone(pids)
    // It has left alone what is not its own.
    expect(fs.readFileSync(socket, 'utf8')).toBe('')
    fs.rmSync(socket)
  })

  test('the directory is removed, or renamed', async () => {
    await warmUp()
    fs.rmSync(folder(), { recursive: true })
    await untilGone(pids)
    await warmUp()
    fs.renameSync(folder(), `${folder()}-before`)
    await untilGone(pids)
    expect(fs.readdirSync(`${folder()}-before`).filter((name) => /^[0-9a-f]+$/.test(name))).toEqual([])
  })

  test('the directory that this is in is renamed', async () => {
    await warmUp()
    fs.renameSync(sandbox.runtime, `${sandbox.runtime}-before`)
    fs.mkdirSync(sandbox.runtime, { mode: 0o700 })
    await untilGone(pids)
  })

  test.each(['replaced', 'moved with its folder'])('its Node is %s', async (how) => {
    const installed = path.join(sandbox.directory, 'bin')
    fs.mkdirSync(installed)
    const execPath = path.join(installed, 'node')
    fs.copyFileSync(node.execPath, execPath, fs.constants.COPYFILE_FICLONE)
    const upgraded = sandbox.env().PATH
    const env = { PATH: `${installed}:${upgraded}` }
    await sandbox.warmUp('client', ['app.mjs'], { env })
    pids = sandbox.zygotes().map(({ pid }) => pid)
    if (how === 'replaced') {
      fs.symlinkSync(node.execPath, `${execPath}-new`)
      fs.renameSync(`${execPath}-new`, execPath)
    } else fs.renameSync(installed, `${installed}-before`)
    await untilGone(pids)
    expect(sandbox.manifests()).toMatchObject([{ state: 'parked', ended: 'node-replaced' }])
  })
})
