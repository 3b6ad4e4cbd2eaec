module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'net-util',
  rootDir: __dirname,
};
