// What dist/loader.js offers. It is one file, for each file costs a third of a millisecond to load; its modules are still evaluated only when
// they are first needed.
export const register = () => require('./register.js') as typeof import('./register.js')
export const auto = () => require('./auto.js') as typeof import('./auto.js')
export const hooks = () => require('./hooks/install.js') as typeof import('./hooks/install.js')
