// What may sign access tokens in production, where a guessable secret gives every account away.

const MIN_BYTES = 32;

/** Pieces of the values that documents and examples print; a generated secret practically never has one. */
const PLACEHOLDERS = [
  'your-secret',
  'your-super-secret',
  'your-jwt-secret',
  'change-me',
  'changeme',
  'change-this',
  'replace-me',
  'replace-with',
  'placeholder',
  'example-secret',
];

export const SECRET_ADVICE = `at least ${MIN_BYTES} bytes that nobody can guess, such as the output of: openssl rand -base64 48`;

/** True for a secret that production may run with. */
export function isStrongSecret(secret: string): boolean {
  const plain = secret.toLowerCase().replaceAll(/[_\s]/g, '-');
  return new TextEncoder().encode(secret).length >= MIN_BYTES && !PLACEHOLDERS.some((piece) => plain.includes(piece));
}
