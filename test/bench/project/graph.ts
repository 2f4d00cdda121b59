// What heavy imports, and what hello does: the difference to hello is what a run pays for its graph.
import { version as babel } from '@babel/core'
import axios from 'axios'
import * as cheerio from 'cheerio'
import { Linter } from 'eslint'
import express from 'express'
import lodash from 'lodash-es'
import { create } from 'mathjs'
import { from } from 'rxjs'
import ts from 'typescript'
import tseslint from 'typescript-eslint'
import webpack from 'webpack'
import { z } from 'zod'

const imported: unknown[] = [babel, axios, cheerio, Linter, express, lodash, create, from, ts, tseslint, webpack, z]
console.log('hello', imported.length)
