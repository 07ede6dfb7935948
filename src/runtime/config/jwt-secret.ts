// Which secrets may sign access tokens in production. A secret that can be guessed gives away every account.
import { isPeriodic, variety } from './variety.ts';

const MIN_BYTES = 32;
/** A random value of 32 hex digits, the shortest of those long enough, has about 115. */
const MIN_BITS = 64;
/** For a value decoded from hex or base64, which is shorter. The 16 random bytes of 32 hex digits have about 63. */
const MIN_DECODED_BITS = 40;

/**
 * Pieces of the values that documents and examples print, here and elsewhere, in lower case and without separators. A
 * generated secret practically never contains one.
 */
const PRINTED = [
  'yoursecret',
  'yoursuper',
  'yourjwt',
  'your256bit',
  'supersecret',
  'stringsecretatleast256bits',
  'examplesecret',
  'changeme',
  'changethis',
  'replaceme',
  'replacewith',
  'placeholder',
  'keyboardcat',
  // All tokens begin with the same text.
  'eyjhbgcioij',
  // A client id and a request id from the published document.
  '9f0c5a621f0e4a7b8d530c2f4a1b7e90',
  '4f1c2d3e8a7b4c5d9e6f0a1b2c3d4e5f',
];

export const SECRET_ADVICE = `at least ${MIN_BYTES} bytes that nobody can guess, such as the output of: openssl rand -base64 48`;

/** Why production must not use a secret, completing "it …". Undefined if it may. */
export function weaknessOf(secret: string): string | undefined {
  // Blanks around it are part of it, but add nothing to guess.
  if (new TextEncoder().encode(secret.trim()).length < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes`;
  const decoded = decodings(secret.trim());
  const plain = [secret, ...decoded].map(withoutSeparators);
  if (plain.some(isPrinted)) return 'has a part that is printed in documents or examples';
  const isPattern =
    variety(plain[0] ?? '') < MIN_BITS ||
    decoded.some((text) => variety(text) < MIN_DECODED_BITS) ||
    plain.some(isPeriodic);
  return isPattern ? 'repeats itself, or goes by a pattern' : undefined;
}

function isPrinted(plain: string): boolean {
  return PRINTED.some((piece) => plain.includes(piece));
}

function withoutSeparators(text: string): string {
  return text.toLowerCase().replaceAll(/[\s._-]/g, '');
}

/** What a value means if read as hex or base64, one character per byte. */
function decodings(secret: string): string[] {
  const isHex = secret.length % 2 === 0 && /^[\da-f]+$/i.test(secret);
  const isBase64 = /^[\w+/-]+={0,2}$/.test(secret);
  return [
    ...(isHex ? [Buffer.from(secret, 'hex').toString('latin1')] : []),
    ...(isBase64 ? [Buffer.from(secret, 'base64').toString('latin1')] : []),
  ];
}
