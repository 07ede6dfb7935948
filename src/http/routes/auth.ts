// Registering and signing in.
import { Hono, type MiddlewareHandler } from 'hono';
import type { Accounts } from '../../chat/accounts/accounts.ts';
import { loginBody, registerBody } from '../../protocol/requests.ts';
import { answerSession, sessionAnswer } from '../answer.ts';
import { BODY_ERRORS, describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import type { AddressOf } from '../middleware/client-address.ts';
import type { JsonBody } from '../validate.ts';

export interface AuthRouteDependencies {
  readonly accounts: Accounts;
  readonly jsonBody: JsonBody;
  readonly addressOf: AddressOf;
  /** The limit of both calls: guessing passwords, and making accounts by the thousand. */
  readonly limited: MiddlewareHandler<HttpEnvironment>;
}

export function authRoutes({ accounts, jsonBody, addressOf, limited }: AuthRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .post('/register', limited, register, jsonBody(registerBody), async (c) =>
      answerSession(c, await accounts.register(c.req.valid('json'), addressOf(c), c.get('time').deadline), 201),
    )
    .post('/login', limited, login, jsonBody(loginBody), async (c) =>
      answerSession(c, await accounts.login(c.req.valid('json'), addressOf(c))),
    );
}

const register = describe({
  id: 'register',
  tag: 'Accounts',
  summary: 'Make an account and sign in',
  description: 'The token is good at once, on all three protocols.',
  example: { username: 'ada', email: 'ada@example.com', password: 'tea at four' },
  access: 'public',
  answers: { 201: ['The account and its first token', sessionAnswer] },
  errors: [...BODY_ERRORS, 'FORBIDDEN', 'EMAIL_TAKEN', 'USERNAME_TAKEN'],
});

const login = describe({
  id: 'login',
  tag: 'Accounts',
  summary: 'Sign in with email and password',
  description: 'The email in any case. An unknown email and a wrong password are answered alike.',
  example: { email: 'ada@example.com', password: 'tea at four' },
  access: 'public',
  answers: { 200: ['The account and a token', sessionAnswer] },
  errors: [...BODY_ERRORS, 'INVALID_CREDENTIALS'],
});
