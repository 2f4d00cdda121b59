// A command-line program as they are: much to import, little to do. Nothing here knows of instastart.
import { version as babel } from '@babel/core'
import axios from 'axios'
import * as cheerio from 'cheerio'
import { Linter } from 'eslint'
import express from 'express'
import lodash, { sortBy } from 'lodash-es'
import { create, all } from 'mathjs'
import { from, map, toArray } from 'rxjs'
import ts from 'typescript'
import tseslint from 'typescript-eslint'
import webpack from 'webpack'
import { z } from 'zod'

interface Package { name: string; version: string | undefined }

const packages: Package[] = [
  { name: 'typescript', version: ts.version },
  { name: '@babel/core', version: babel },
  { name: 'eslint', version: Linter.version },
  { name: 'webpack', version: webpack.version },
  { name: 'lodash-es', version: lodash.VERSION },
  { name: 'axios', version: axios.VERSION },
]

from(sortBy(packages, 'name')).pipe(map(({ name, version }) => `${name} ${version}`), toArray())
  .subscribe((lines) => console.log(lines.join('\n')))
console.log('also loaded:', [typeof cheerio.load, typeof express, typeof create, typeof all, typeof tseslint.config, typeof z.object].join(' '))
console.log('arguments:', process.argv.slice(2).join(' '))
