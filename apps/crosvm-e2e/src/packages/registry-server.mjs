// A registry of npm packages on loopback, in the directory that is its argument. Prints its address.
import { join } from 'node:path';

import { runServer } from 'verdaccio';

const [directory] = process.argv.slice(2);
const EVERYBODY = { access: '$all', publish: '$all', unpublish: '$all' };

const server = await runServer({
  self_path: join(directory, 'config.yaml'),
  storage: join(directory, 'storage'),
  auth: { htpasswd: { file: join(directory, 'htpasswd'), max_users: 10 } },
  // No other registry is asked: what is not here does not exist.
  uplinks: {},
  packages: { '**': EVERYBODY },
  web: { enable: false },
  max_body_size: '100mb',
  log: { type: 'stdout', format: 'pretty', level: 'fatal' },
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
