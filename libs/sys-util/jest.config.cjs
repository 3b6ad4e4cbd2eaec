module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'sys-util',
  rootDir: __dirname,
};
