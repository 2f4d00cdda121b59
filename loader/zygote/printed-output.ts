// What modules print before the gate. Runs print it, too (native/addon/printed_output.h), if the program prints it in any case: a zygote parks
// with it only if the one before has printed the same. A process id, a duration, a random number differ.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packageFolderOf } from '../hooks/package-json.js'
import { identityOf, type BasePlan, type PrintedByFile } from '../protocol.js'
import { isPackages } from './own-graph.js'

export class PrintedOutput {
  readonly #files = new Map<string, PrintedByFile>()

  /** @param digest of what this module prints now */
  note(file: string, digest: string) {
    const { identity = identityOf(file), digest: before = '' } = this.#files.get(file) ?? {}
    this.#files.set(file, { file, identity, digest: before + digest })
  }

  get list(): PrintedByFile[] {
    return [...this.#files.values()]
  }

  /** `different`: the first module that prints now one thing and now another. `isNew`: one prints of which an earlier zygote has not told. */
  compare(earlier: readonly PrintedByFile[]): { different: PrintedByFile | undefined; isNew: boolean } {
    const known = (one: PrintedByFile) => earlier.find(({ file, identity }) => file === one.file && identity === one.identity)
    return {
      different: this.list.find((one) => known(one) && known(one)?.digest !== one.digest),
      isNew: this.list.some((one) => !known(one)),
    }
  }

  /** Without packages that print, and those after them: in a base they would do so at another time than in the program. */
  quietPart(plan: BasePlan): BasePlan {
    const folders = plan.packages.map(({ url }) => packageFolderOf(fileURLToPath(url)))
    const ends = this.list.filter(({ file }) => isPackages(pathToFileURL(file).href)).map(({ file }) => folders.indexOf(packageFolderOf(file)))
    // Of one that is imported by a package only nobody knows when.
    return { ...plan, packages: plan.packages.slice(0, Math.max(0, Math.min(plan.packages.length, ...ends))) }
  }
}
