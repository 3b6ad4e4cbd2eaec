module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'vhost',
  rootDir: __dirname,
};
