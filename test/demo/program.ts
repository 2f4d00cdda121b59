// A command-line program as they are: little to do, much to import. Nothing here knows of instastart.
import { parse as parseBabel } from '@babel/core'
import axios from 'axios'
import * as cheerio from 'cheerio'
import { Linter } from 'eslint'
import express from 'express'
import { sortBy } from 'lodash-es'
import { evaluate } from 'mathjs'
import { rollup } from 'rollup'
import { from, map, toArray } from 'rxjs'
import ts from 'typescript'
import tseslint from 'typescript-eslint'
import webpack from 'webpack'
import { z } from 'zod'

interface Answer { question: string; answer: unknown }

const answers: Answer[] = [
  { question: 'typescript', answer: ts.transpile('const a: number = 1') .trim() },
  { question: 'eslint', answer: new Linter().verify('var a', { rules: { 'no-var': 'error' } })[0]?.message },
  { question: 'zod', answer: z.object({ a: z.number() }).safeParse({ a: 'x' }).success },
  { question: 'mathjs', answer: String(evaluate('sqrt(3^2 + 4^2)')) },
  { question: 'cheerio', answer: cheerio.load('<b>bold</b>')('b').text() },
  { question: 'webpack', answer: webpack.version },
  { question: 'others', answer: [typeof parseBabel, typeof axios.get, typeof express, typeof rollup, typeof tseslint.config].join() },
]

from(sortBy(answers, 'question')).pipe(map(({ question, answer }) => `${question}: ${String(answer)}`), toArray())
  .subscribe((lines) => console.log(lines.join('\n')))
console.log('arguments:', process.argv.slice(2).join(' '))
