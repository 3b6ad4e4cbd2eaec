import { UserError } from '../../user-error';

/** What a call returned, or the user error it threw; any other error passes through. */
export function outcome<Result>(call: () => Result): Result | UserError {
  try {
    return call();
  } catch (error) {
    if (error instanceof UserError) {
      return error;
    }
    throw error;
  }
}
