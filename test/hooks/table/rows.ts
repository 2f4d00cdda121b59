import { interopRows } from './interop.js'
import { languageRows } from './language.js'
import type { PackageType, Row } from './row.js'
import { specifierRows } from './specifiers.js'

/** The whole table, as far as it holds for a project of this type. */
export const rowsOf = (type: PackageType): Row[] => [...specifierRows, ...languageRows, ...interopRows].filter(({ only = type }) => only === type)
