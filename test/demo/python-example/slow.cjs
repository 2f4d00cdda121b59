// The example in the README of the Python original, in JavaScript; with imports that take about as long as its own.
require('@babel/core')
require('cheerio')
require('eslint')
require('mathjs')
require('typescript')

if (require.main === module) {
  console.log('Hello world!')
}
