// Where the built files are: every module of ours is in one of them, and all are in this folder.
import path from 'node:path'

export const distribution = import.meta.dirname

export const registerPath = path.join(distribution, 'register.js')
