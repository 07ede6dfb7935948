// Ending sessions before their tokens run out.
import { Hono } from 'hono';
import type { Sessions } from '../../chat/accounts/sessions.ts';
import { answerDone, doneSchema } from '../answer.ts';
import { describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';

export interface SessionRouteDependencies {
  readonly sessions: Pick<Sessions, 'end' | 'endOthers'>;
}

export function sessionRoutes({ sessions }: SessionRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .post('/logout', logout, async (c) => {
      await sessions.end(c.get('token'));
      return answerDone(c, 'Signed out');
    })
    .post('/logout-all', logoutAll, async (c) => {
      await sessions.endOthers(c.get('token'));
      return answerDone(c, 'Signed out everywhere else');
    });
}

const logout = describe({
  id: 'logout',
  tag: 'Accounts',
  summary: 'End this token',
  description: 'Connections that were opened with it are closed.',
  answers: { 200: ['Signed out', doneSchema] },
});

const logoutAll = describe({
  id: 'logoutAll',
  tag: 'Accounts',
  summary: 'End all other tokens of the user',
  description: 'The token of this call stays good; connections of the others are closed.',
  answers: { 200: ['Signed out everywhere else', doneSchema] },
});
