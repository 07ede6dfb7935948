// The table of all error codes that a client can get, over REST and in frames.

/** How a failure of one code reaches a client. */
export interface ErrorDefinition {
  /** HTTP status of the REST answer. */
  readonly status: number;
  /** True if the same request may succeed later, unchanged. */
  readonly retry: boolean;
  /** The message for people, if the thrower gives none of its own. */
  readonly text: string;
}

export const ERRORS = {
  VALIDATION_FAILED: { status: 400, retry: false, text: 'The request is not valid; see details' },
  MALFORMED_JSON: { status: 400, retry: false, text: 'The body is not valid JSON' },
  WRONG_PASSWORD: { status: 400, retry: false, text: 'The current password is wrong' },
  CANNOT_REMOVE_OWNER: { status: 400, retry: false, text: 'The owner of a channel cannot be removed from it' },
  DIRECT_CHANNEL: {
    status: 400,
    retry: false,
    text: 'A direct channel cannot be renamed or left and its members cannot change',
  },
  UNAUTHORIZED: { status: 401, retry: false, text: 'A valid access token is required' },
  INVALID_CREDENTIALS: { status: 401, retry: false, text: 'Unknown email or wrong password' },
  FORBIDDEN: { status: 403, retry: false, text: 'You may not do this' },
  NOT_FOUND: { status: 404, retry: false, text: 'No such route' },
  CHANNEL_NOT_FOUND: { status: 404, retry: false, text: 'Channel not found' },
  MESSAGE_NOT_FOUND: { status: 404, retry: false, text: 'Message not found' },
  USER_NOT_FOUND: { status: 404, retry: false, text: 'User not found' },
  EMAIL_TAKEN: { status: 409, retry: false, text: 'An account with this email exists already' },
  USERNAME_TAKEN: { status: 409, retry: false, text: 'An account with this username exists already' },
  LIMIT_REACHED: { status: 409, retry: false, text: 'A bound is reached; see details' },
  ALREADY_MEMBER: { status: 409, retry: false, text: 'The user is a member of this channel already' },
  PAYLOAD_TOO_LARGE: { status: 413, retry: false, text: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retry: false, text: 'Send the body as application/json' },
  UPGRADE_REQUIRED: { status: 426, retry: false, text: 'This address speaks WebSocket only: connect with an upgrade' },
  RATE_LIMITED: { status: 429, retry: true, text: 'Too many requests: wait and try again' },
  INTERNAL: { status: 500, retry: false, text: 'Internal error' },
  UNAVAILABLE: { status: 503, retry: true, text: 'The service cannot reach its database at the moment: try again' },
  // Codes that only frames use.
  INVALID_FRAME: { status: 400, retry: false, text: 'A frame is a JSON object {type, data?, id?}' },
  UNKNOWN_TYPE: { status: 400, retry: false, text: 'No such frame type' },
  NOT_AUTHENTICATED: { status: 401, retry: false, text: 'Authenticate first' },
  AUTHENTICATION_FAILED: { status: 401, retry: false, text: 'Authentication failed' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** One field that failed validation: `path` in dotted form, `message` for a person. Never the value. */
export interface ErrorDetail {
  path: string;
  message: string;
}

/** What use cases throw: a code of the table, and what else the client should know. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;
  /** Milliseconds after which a retry makes sense, if that is known. */
  readonly retryAfterMs: number | undefined;
  /** The limit that was exceeded, and when it is reset: milliseconds since 1970. */
  readonly rateLimit: { readonly limit: number; readonly resetAt: number } | undefined;

  constructor(
    code: ErrorCode,
    message?: string,
    options: Partial<Pick<ChatError, 'details' | 'retryAfterMs' | 'rateLimit'>> & { cause?: unknown } = {},
  ) {
    super(message ?? ERRORS[code].text, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChatError';
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    this.rateLimit = options.rateLimit;
  }
}

/** For requests that are refused because too many already wait. */
export function unavailable(): ChatError {
  return new ChatError('UNAVAILABLE');
}

/** A LIMIT_REACHED: `bound` names the limit, `message` says what to do about it. */
export function limitReached(bound: string, message: string): ChatError {
  return new ChatError('LIMIT_REACHED', undefined, { details: [{ path: bound, message }] });
}

/** A VALIDATION_FAILED for one field. */
export function invalid(path: string, message: string): ChatError {
  return new ChatError('VALIDATION_FAILED', undefined, { details: [{ path, message }] });
}
