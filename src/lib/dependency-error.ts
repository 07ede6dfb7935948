// Why something that the service stands on cannot be used.

/** It may answer, and yet refuse. `message` is for operators, and for everybody who reads `/ready`: no secret, no value. */
export class DependencyError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'DependencyError';
  }
}
