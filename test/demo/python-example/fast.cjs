const { start, done } = require('instastart/auto')
require('@babel/core')
require('cheerio')
require('eslint')
require('mathjs')
require('typescript')

if (require.main === module) {
  start()
  console.log('Hello world!')
  done()
}
