module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'data-model',
  rootDir: __dirname,
};
