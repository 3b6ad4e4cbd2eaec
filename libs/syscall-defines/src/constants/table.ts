/** Constants of the C headers by name; negative ones are those that are negative in C. */
export type ConstantTable = Readonly<Record<string, number>>;
