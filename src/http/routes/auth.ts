// Registering and signing in.
import { loginBody, registerBody } from '../../protocol/requests.ts';
import { answerSession, sessionAnswer } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function register({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/auth/register',
    id: 'register',
    tag: 'Accounts',
    summary: 'Create an account and sign in',
    description: 'The token is valid at once, for REST, WebSocket and Socket.IO.',
    access: 'public',
    // Without this limit, anybody could make accounts by the thousand.
    limit: 'auth',
    body: registerBody,
    example: { username: 'ada', email: 'ada@example.com', password: 'tea at four' },
    answers: { 201: ['The account and its first token', sessionAnswer] },
    errors: ['FORBIDDEN', 'EMAIL_TAKEN', 'USERNAME_TAKEN'],
    run: async ({ body, address, deadline }) => answerSession(await accounts.register(body, address(), deadline), 201),
  });
}

function login({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/auth/login',
    id: 'login',
    tag: 'Accounts',
    summary: 'Sign in with an email address and a password',
    description:
      'The email address may be written in any letter case. An unknown email address and a wrong password get the same answer.',
    access: 'public',
    // Without this limit, anybody could guess passwords.
    limit: 'auth',
    body: loginBody,
    example: { email: 'ada@example.com', password: 'tea at four' },
    answers: { 200: ['The account and a token', sessionAnswer] },
    errors: ['INVALID_CREDENTIALS'],
    run: async ({ body, address }) => answerSession(await accounts.login(body, address())),
  });
}

export const AUTH_ROUTES: Routes = [register, login];
