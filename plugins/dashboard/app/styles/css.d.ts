/** The build gives a style sheet's text, with all it imports. */
declare module '*.css' {
  const text: string
  export default text
}
