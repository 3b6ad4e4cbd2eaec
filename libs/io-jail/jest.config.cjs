module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'io-jail',
  rootDir: __dirname,
};
