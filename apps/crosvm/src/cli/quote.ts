/** More of a value than this tells the user nothing new. */
const MAX_SHOWN = 60;

/** A value of the user for an error message: in quotes, shortened when it is long. */
export function quote(value: string): string {
  const characters = Array.from(value);
  const shown =
    characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}...` : value;
  return `'${shown}'`;
}
