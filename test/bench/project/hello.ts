const text: string = 'Hello'
console.log(text)
