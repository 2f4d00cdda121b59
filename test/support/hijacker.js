// node hijacker.js <socket> <answer in base64, '' for none> <close|stay>: listens where a zygote did, and answers whoever connects.
// A process of its own, for a client may kill what took its request and went silent.
import net from 'node:net'

const [socketPath, answer = '', then] = process.argv.slice(2)
net.createServer((socket) => {
  socket.on('error', () => undefined)
  if (answer) socket.write(Buffer.from(answer, 'base64'))
  if (then === 'close') socket.end()
}).listen(socketPath, () => console.log('listening'))
