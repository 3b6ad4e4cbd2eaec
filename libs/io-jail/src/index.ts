export { compileFilter, type CompileOptions, type Violation } from './bpf/compile-filter';
export type { AddressRange } from './bpf/executable-range';
export { FilterError } from './bpf/instruction';
export { runFilter, type SeccompData } from './bpf/run-filter';
export { AUDIT_ARCH, decodeAction, SECCOMP_RET, type SeccompAction } from './bpf/seccomp';
export {
  decide,
  type Decision,
  describeRules,
  matchRule,
  type RuleDescription,
  type SystemCall,
} from './policy/decide';
export { loadPolicy, type LoadOptions } from './policy/load-policy';
export { type ParseOptions, parsePolicy, type PolicyReader } from './policy/parse-policy';
export type { Alternative, Comparison, Operator, Policy, Refusal, Rule } from './policy/policy';
export {
  PolicyError,
  type PolicyProblem,
  type PolicyProblemCode,
  type SourcePosition,
} from './policy/policy-error';
