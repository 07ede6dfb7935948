// Reads a JSON body of limited size, or refuses it with the right code.
import { ChatError } from '../protocol/errors.ts';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;
/**
 * How much of a body that is too large is still read and thrown away. Most clients read the answer only after they have
 * sent everything, and find the connection broken if nobody reads it.
 */
const DISCARDED_BYTES = 8 << 20;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Returns the text of a body that is declared as JSON, or an empty text if there is no body.
 * Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, or MALFORMED_JSON if the bytes end early or are not UTF-8.
 */
export async function readJsonText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.byteLength === 0) return '';
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) throw new ChatError('UNSUPPORTED_MEDIA_TYPE');
  // Otherwise a compressed body would be refused as malformed JSON.
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new ChatError('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a Content-Encoding');
  }
  return unlessMalformed(() => utf8.decode(bytes));
}

/** Returns undefined if the text is empty. Throws MALFORMED_JSON. */
export function parseJson(text: string): unknown {
  return text === '' ? undefined : unlessMalformed(() => JSON.parse(text));
}

function unlessMalformed<T>(read: () => T): T {
  try {
    return read();
  } catch {
    // The cause is left out, because the parser's message quotes the body.
    throw new ChatError('MALFORMED_JSON');
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  const isDeclared = declared !== null && !request.headers.has('transfer-encoding');
  const size = isDeclared ? Number(declared) : Number.NaN;
  if (size > maxBytes + DISCARDED_BYTES) throw new ChatError('PAYLOAD_TOO_LARGE');
  try {
    // The server holds a peer to its declared length, so a body that is declared small need not be counted.
    return size <= maxBytes ? new Uint8Array(await request.arrayBuffer()) : await readStream(request, maxBytes);
  } catch (error) {
    if (error instanceof ChatError) throw error;
    throw new ChatError('MALFORMED_JSON', 'The body ended early', { cause: error });
  }
}

async function readStream(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
    else if (size > maxBytes + DISCARDED_BYTES) break;
  }
  if (size > maxBytes) throw new ChatError('PAYLOAD_TOO_LARGE');
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
