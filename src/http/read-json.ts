// Reads a JSON body of bounded size; what cannot be read is refused with its code.
import { ChatError } from '../protocol/errors.ts';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;
/**
 * So much of a body that is too large is still read, and thrown away: most clients read the answer only when they have
 * sent all, and find the connection broken where nobody took it.
 */
const DISCARDED_BYTES = 8 << 20;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of the body, which is said to be JSON; empty if there is none.
 * Throws PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON for bytes that are no UTF-8.
 */
export async function readJsonText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.byteLength === 0) return '';
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) throw new ChatError('UNSUPPORTED_MEDIA_TYPE');
  // Compressed bytes would be told that they are no JSON.
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new ChatError('UNSUPPORTED_MEDIA_TYPE', 'Send the body without a Content-Encoding');
  }
  return unlessMalformed(() => utf8.decode(bytes));
}

/** Undefined for no text. Throws MALFORMED_JSON. */
export function parseJson(text: string): unknown {
  return text === '' ? undefined : unlessMalformed(() => JSON.parse(text));
}

function unlessMalformed<T>(read: () => T): T {
  try {
    return read();
  } catch {
    // Without the cause: the parser's message quotes the body.
    throw new ChatError('MALFORMED_JSON');
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  const isDeclared = declared !== null && !request.headers.has('transfer-encoding');
  const size = isDeclared ? Number(declared) : Number.NaN;
  if (size > maxBytes + DISCARDED_BYTES) throw new ChatError('PAYLOAD_TOO_LARGE');
  try {
    // The server holds a peer to the length that it declared: a body that is small by that need not be counted.
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
