export default { rules: { 'declaration-block-no-duplicate-properties': true } }
