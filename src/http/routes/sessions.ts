// Ending sessions before their tokens run out.
import { answerDone, doneSchema } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function logout({ useCases: { sessions } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/auth/logout',
    id: 'logout',
    tag: 'Accounts',
    summary: 'Sign out',
    description: 'Ends the token of this call and closes the connections that were opened with it.',
    access: 'account',
    answers: { 200: ['The token has ended', doneSchema] },
    async run({ token }) {
      await sessions.end(token);
      return answerDone('Signed out');
    },
  });
}

function logoutAll({ useCases: { sessions } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/auth/logout-all',
    id: 'logoutAll',
    tag: 'Accounts',
    summary: 'Sign out everywhere else',
    description:
      'Ends all other tokens of the user and closes the connections that were opened with them. The token of this call stays valid.',
    access: 'account',
    answers: { 200: ['All other tokens of the user have ended', doneSchema] },
    async run({ token }) {
      await sessions.endOthers(token);
      return answerDone('Signed out everywhere else');
    },
  });
}

export const SESSION_ROUTES: Routes = [logout, logoutAll];
