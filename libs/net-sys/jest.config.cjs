module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'net-sys',
  rootDir: __dirname,
};
