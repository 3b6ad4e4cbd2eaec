/**
 * The version of the protocol. The major number changes when a client of before would misunderstand
 * something; the minor one when there is more than before.
 */
export const PROTOCOL_VERSION = { major: 1, minor: 0 } as const;
