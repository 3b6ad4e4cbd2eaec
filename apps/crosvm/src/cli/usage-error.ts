import { UserError } from '../user-error';

/** A command line that cannot be understood. */
export class UsageError extends UserError {}
