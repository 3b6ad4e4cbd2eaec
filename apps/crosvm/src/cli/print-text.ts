import { UserError } from '../user-error';

/**
 * Writes a text that the user asked for, and waits until it is written. A reader that has gone, such as
 * `head`, has read all that it wanted.
 * @throws UserError if it cannot be written
 */
export async function printText(stream: NodeJS.WritableStream, text: string): Promise<void> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    // The same error comes by this event too, and ends the process where nobody listens.
    stream.on('error', resolve);
    stream.write(text, resolve);
  });
  if (error && error.code !== 'EPIPE') {
    throw new UserError('the text cannot be written', { cause: error });
  }
}
