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
    summary: 'End this token',
    description: 'Connections that were opened with it are closed.',
    access: 'account',
    answers: { 200: ['Signed out', doneSchema] },
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
    summary: 'End all other tokens of the user',
    description: 'The token of this call stays good; connections of the others are closed.',
    access: 'account',
    answers: { 200: ['Signed out everywhere else', doneSchema] },
    async run({ token }) {
      await sessions.endOthers(token);
      return answerDone('Signed out everywhere else');
    },
  });
}

export const SESSION_ROUTES: Routes = [logout, logoutAll];
