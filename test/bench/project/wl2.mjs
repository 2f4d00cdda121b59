import v8 from 'node:v8'
// `WORKLOAD=<name> node workloads.mjs`: does one kind of work, and prints the milliseconds that it took. What it needs is imported before the gate.
import { spawnSync } from 'node:child_process'
import http from 'node:http'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import ts from 'typescript'

const root = path.resolve(import.meta.dirname, '../../..')

v8.setFlagsFromString('--trace-gc'); console.error(JSON.stringify(v8.getHeapSpaceStatistics().filter(x=>/new_space|old_space/.test(x.space_name)).map(x=>[x.space_name,x.space_size,x.space_used_size])))
const workloads = {
  nothing: () => 0,

  tsc: () => {
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile)
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
    const program = ts.createProgram(fileNames, { ...options, noEmit: true })
    return ts.getPreEmitDiagnostics(program).length
  },

  json: () => {
    let kept = []
    for (let i = 0; i < 300; i++) {
      const text = JSON.stringify(Array.from({ length: 2000 }, (_, j) => ({ id: j, name: `name ${j}`, tags: [`a${i}`, 'b'], nested: { value: i * j } })))
      kept.push(JSON.parse(text))
      if (kept.length > 20) kept = kept.slice(10)
    }
    return kept.length
  },

  regexp: () => {
    const text = 'The quick brown fox, 2026-11-23 12:34:56, jumps over <a href="https://example.org/x?y=z">the dog</a>. '.repeat(2000)
    let count = 0
    for (let i = 0; i < 400; i++) {
      for (const pattern of [/\b(\w+)\s(\w+)\b/g, /(\d{4})-(\d\d)-(\d\d)/g, /<a\s+href="([^"]*)">/g, /[aeiou]{2,}/gi]) count += text.match(pattern)?.length ?? 0
    }
    return count
  },

  jit: () => {
    let sum = 0
    for (let i = 1; i < 300_000_000; i++) sum = (sum + (i % 7) * (i & 3)) | 0
    return sum
  },

  // A module with one function, s(n), the sum of the numbers below n.
  wasm: async () => {
    const code = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 115, 0, 0, 10, 30, 1, 28, 1, 2, 127,
      3, 64, 32, 1, 32, 2, 106, 33, 1, 32, 2, 65, 1, 106, 34, 2, 32, 0, 72, 13, 0, 11, 32, 1, 11)
    const { instance } = await WebAssembly.instantiate(code)
    let sum = 0
    for (let i = 0; i < 1000; i++) sum = (sum + instance.exports.s(2_000_000)) | 0
    return sum
  },

  workers: async () => {
    const code = 'const { parentPort } = require("worker_threads"); let s = 0; for (let i = 0; i < 2e7; i++) s = (s + i) | 0; parentPort.postMessage(s)'
    const one = () => new Promise((resolve, reject) => new Worker(code, { eval: true }).on('message', resolve).on('error', reject))
    let count = 0
    for (let round = 0; round < 5; round++) count += (await Promise.all(Array.from({ length: 4 }, one))).length
    return count
  },

  spawns: () => {
    let count = 0
    for (let i = 0; i < 200; i++) count += spawnSync('/bin/true').status === 0 ? 1 : 0
    return count
  },

  http: async () => {
    const server = http.createServer((request, response) => response.end(`hello ${request.url}`))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
    const get = (i) => new Promise((resolve, reject) => http.get({ port: server.address().port, path: `/${i}`, agent }, (response) => {
      let body = ''
      response.on('data', (part) => { body += part }).on('end', () => resolve(body.length))
    }).on('error', reject))
    let total = 0
    for (let round = 0; round < 800; round++) total += (await Promise.all(Array.from({ length: 8 }, (_, i) => get(i)))).reduce((a, b) => a + b)
    agent.destroy()
    server.close()
    return total
  },
}

const name = process.env.WORKLOAD ?? 'nothing'
const started = performance.now()
const result = await workloads[name]()
console.log(JSON.stringify({ name, ms: performance.now() - started, result }))
