import type { MethodName, Params, Result } from '../protocol/methods';

/** Does what a method is for. */
export type Handler<Name extends MethodName> = (
  params: Params<Name>,
) => Result<Name> | Promise<Result<Name>>;

/** What serves the methods of the protocol; the server itself knows its version. */
export type Handlers = {
  readonly [Name in Exclude<MethodName, 'version'>]: Handler<Name>;
};
