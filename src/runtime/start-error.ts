// A reason not to start that a person can act on: shown as one line, without a stack.

export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
