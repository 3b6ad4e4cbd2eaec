/** C types that a signature may name, as ffi-napi spelled them. */
export interface CTypes {
  void: undefined;
  int: number;
  uint: number;
  long: number;
  ulong: number;
  size_t: number;
  ssize_t: number;
  /** Memory of JavaScript's own, or an address in this process as a number; null is NULL. */
  pointer: Uint8Array | number | null;
  /** A NUL-terminated UTF-8 string that the callee only reads during the call. */
  string: string | null;
}

/** The name of a C type. */
export type CType = keyof CTypes;

/** Where the symbol is called differently from the key of its signature. */
export interface SignatureOptions {
  /** The C symbol; default: the key in the table. */
  readonly symbol: string;
}

/** `[result, [arguments...]]`, the shape of an ffi-napi signature table. */
export type Signature = readonly [
  result: CType,
  args: readonly CType[],
  options?: SignatureOptions,
];

/** A table of signatures by function name. */
export type SignatureTable = Readonly<Record<string, Signature>>;

type Arguments<Types extends readonly CType[]> = {
  -readonly [K in keyof Types]: CTypes[Types[K]];
};

/** The TypeScript functions that a signature table describes. */
export type Functions<Table extends SignatureTable> = {
  readonly [Name in keyof Table]: (
    ...args: Arguments<Table[Name][1]>
  ) => CTypes[Table[Name][0]] extends infer Result
    ? Result extends undefined
      ? undefined
      : number
    : never;
};
