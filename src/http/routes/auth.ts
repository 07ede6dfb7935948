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
    summary: 'Make an account and sign in',
    description: 'The token is good at once, on all three protocols.',
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
    summary: 'Sign in with email and password',
    description: 'The email in any case. An unknown email and a wrong password are answered alike.',
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
