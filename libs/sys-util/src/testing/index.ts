export { bundleScript, type ScriptFile } from './bundle';
export { WITHOUT_RINGS } from './without-rings';
