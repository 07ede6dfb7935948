// What may sign access tokens in production, where a secret that can be guessed gives every account away.
import { isPeriodic, variety } from './variety.ts';

const MIN_BYTES = 32;
/** A random value of 32 hex digits, the least of all that are long enough, has about 115. */
const MIN_BITS = 64;
/** Of what a value says in hex or base64, which is shorter: 16 random bytes, that of 32 hex digits, have about 63. */
const MIN_DECODED_BITS = 40;

/**
 * Pieces of the values that documents and examples print, here and elsewhere, in lower case with nothing between their words.
 * A generated secret practically never has one.
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
  // What the beginning of a token says is the same in all of them.
  'eyjhbgcioij',
  // A client id and a request id, of the published document.
  '9f0c5a621f0e4a7b8d530c2f4a1b7e90',
  '4f1c2d3e8a7b4c5d9e6f0a1b2c3d4e5f',
];

export const SECRET_ADVICE = `at least ${MIN_BYTES} bytes that nobody can guess, such as the output of: openssl rand -base64 48`;

/** Why production must not run with a secret: completes "it …". Undefined for one that it may run with. */
export function weaknessOf(secret: string): string | undefined {
  // Blanks around it are a part of it, but nothing to guess.
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

/** What a value says to whom reads it as hex or base64, a character a byte. */
function decodings(secret: string): string[] {
  const isHex = secret.length % 2 === 0 && /^[\da-f]+$/i.test(secret);
  const isBase64 = /^[\w+/-]+={0,2}$/.test(secret);
  return [
    ...(isHex ? [Buffer.from(secret, 'hex').toString('latin1')] : []),
    ...(isBase64 ? [Buffer.from(secret, 'base64').toString('latin1')] : []),
  ];
}
