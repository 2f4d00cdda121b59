import axios from 'axios'
import chalk from 'chalk'
import { Command } from 'commander'
import { formatISO } from 'date-fns'
import express from 'express'
import { z } from 'zod'

const schema = z.object({ name: z.string() })
const name: string = schema.parse({ name: new Command('mid').name() }).name
console.log(chalk.reset(name), formatISO(new Date(0)).length, typeof express, typeof axios.get)
