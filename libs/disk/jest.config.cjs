module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'disk',
  rootDir: __dirname,
};
