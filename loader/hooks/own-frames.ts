import { distribution } from '../distribution.js'

/** Takes our frames out of the stack of an error that only passes through us. */
export const withoutOwnFrames = <Thrown>(error: Thrown): Thrown => {
  const { stack } = Object(error) as { stack?: unknown }
  if (typeof stack === 'string') {
    Reflect.set(error as object, 'stack', stack.split('\n').filter((line) => !/^ +at /.test(line) || !line.includes(distribution)).join('\n'))
  }
  return error
}
