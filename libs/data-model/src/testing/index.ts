export { type AbiEntry, abiEntries, type AbiFacts, declaredFacts } from './abi';
export { cProgram, hasHeaders, measureAbi, type MeasuredAbi } from './c-headers';
export { describeAbi, type DescribedAbi } from './describe-abi';
export { factsWithout, type GoldenAbi, goldenEntries, readGolden } from './golden';
