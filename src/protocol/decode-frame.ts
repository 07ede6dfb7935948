// Decodes what a client sent as a frame. The input is untrusted: the result says if it is wrong, nothing throws.
import { type ClientFrame, clientFrameOf } from './client-frames.ts';
import { decode } from './decode.ts';
import type { ErrorCode, ErrorDetail } from './errors.ts';
import { LIMITS } from './limits.ts';

export interface FrameProblem {
  readonly code: ErrorCode;
  /** What is wrong, if the code does not say it all. */
  readonly message: string | undefined;
  readonly details: ErrorDetail[] | undefined;
}

export type DecodedFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly problem: FrameProblem };

export function decodeFrame(input: unknown): DecodedFrame {
  if (!isObject(input)) return invalidFrame('A frame is a JSON object');
  const { type, id, data = {} } = input;
  if (typeof type !== 'string') return invalidFrame('type must be a string');
  if (id !== undefined && (typeof id !== 'string' || id.length > LIMITS.FRAME_ID_LENGTH)) {
    return invalidFrame(`id must be a string of at most ${LIMITS.FRAME_ID_LENGTH} characters`);
  }
  if (!isObject(data)) return invalidFrame('data must be an object');
  const definition = clientFrameOf(type);
  if (!definition) return failed('UNKNOWN_TYPE', undefined, undefined);
  const decoded = decode(definition.data, data);
  if (!decoded.ok) return failed('VALIDATION_FAILED', undefined, decoded.details);
  return { ok: true, frame: { type: definition.type, data: decoded.data } as ClientFrame };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidFrame(message: string): DecodedFrame {
  return failed('INVALID_FRAME', message, undefined);
}

function failed(code: ErrorCode, message: string | undefined, details: ErrorDetail[] | undefined): DecodedFrame {
  return { ok: false, problem: { code, message, details } };
}
