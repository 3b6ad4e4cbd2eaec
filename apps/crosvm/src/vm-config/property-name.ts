/**
 * What an option, or a key of one, is called as a property of a configuration: `cpu-affinity` is
 * `cpuAffinity`, `host_ip` is `hostIp`.
 */
export function propertyName(option: string): string {
  return option.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
