declare module 'parse-prometheus-text-format' {
  /** Reads Prometheus' text format, version 0.0.4. */
  export default function parse(text: string): readonly {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly {
      readonly labels?: Readonly<Record<string, string>>;
      readonly value: string;
    }[];
  }[];
}
