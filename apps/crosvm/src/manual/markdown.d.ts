/** The build has the text of such a file in place of the import. */
declare module '*.md' {
  const text: string;
  export default text;
}
