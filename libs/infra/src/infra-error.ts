/** What keeps a part of the ground from standing: a stable code and a sentence that says what to do. */
export class InfraError extends Error {
  override readonly name = 'InfraError';
  constructor(
    readonly code: `infra.${string}`,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
