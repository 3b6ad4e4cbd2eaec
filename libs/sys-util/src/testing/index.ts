export { bundleFiles, bundleScript, type ScriptDirectory, type ScriptFile } from './bundle';
export { WITHOUT_RINGS } from './without-rings';
