/** What was asked for on the command line is not to be had: told in one line, exit code 2. */
export class UsageError extends Error {}
