export { givenOptions, onTop } from './given-options';
export { loadConfig } from './load-config';
