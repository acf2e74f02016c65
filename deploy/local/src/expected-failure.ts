/** A failure that a person can mend: its message says what to do, so no stack is shown. Exit code as in sysexits(3). */
export class ExpectedFailure extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}
