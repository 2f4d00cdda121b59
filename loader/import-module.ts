// A file of its own: code that V8 takes from its cache cannot import() (Node: ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING).

export const importModule = (url: string): Promise<unknown> => import(url)
