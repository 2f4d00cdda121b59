// Preloaded into a zygote that is to be the program's base (zygote/base.ts): loads the packages before Node loads the entry, which waits for this.
const symbol = Symbol.for('instastart.base')
const begin = Reflect.get(process, symbol) as ((load: (url: string) => Promise<unknown>) => Promise<void>) | undefined
Reflect.deleteProperty(process, symbol)
await begin?.((url) => import(url))
