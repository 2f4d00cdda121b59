const { program } = require('commander')
program.name('greet').version('1.0.0').argument('[name]', 'whom', 'World').option('-l, --loud', 'in capitals').action((name, { loud }) => {
  const text = `Hello, ${name}!`
  console.log(loud ? text.toUpperCase() : text)
})
program.parse()
