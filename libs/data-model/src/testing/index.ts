export { type AbiEntry, abiEntries, type AbiFacts, declaredFacts } from './abi';
export { cProgram, hasHeaders, measureAbi, type MeasuredAbi } from './c-headers';
export { factsWithout, type GoldenAbi, goldenEntries, readGolden } from './golden';
