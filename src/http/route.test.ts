// A route's `run` can reach only what its access promises. The compiler checks that, so its errors are expected here.

import { expect, it } from 'vitest';
import * as z from 'zod';
import { answer, doneSchema } from './answer.ts';
import { type Description, defineRoute, type Route } from './route.ts';

const described: Description = {
  id: 'getThing',
  tag: 'System',
  summary: 'A thing',
  description: 'For tests.',
  answers: { 200: ['It', doneSchema] },
};
const place = { ...described, method: 'GET', path: '/things/:id' } as const;

it('gives a call only what its definition asks for', () => {
  const routes: Route[] = [
    defineRoute({ ...place, access: 'token', run: ({ actor }) => answer(actor.id) }),
    // @ts-expect-error The account behind the token was not looked up.
    defineRoute({ ...place, access: 'token', run: ({ principal }) => answer(principal) }),
    // @ts-expect-error Nothing but the id is known.
    defineRoute({ ...place, access: 'token', run: ({ actor }) => answer(actor.email) }),
    defineRoute({
      ...place,
      access: 'account',
      run: ({ principal, token }) => answer([principal.email, token.userId]),
    }),
    defineRoute({ ...place, access: 'public', run: ({ address, deadline }) => answer([address(), deadline]) }),
    // @ts-expect-error Nobody has signed in.
    defineRoute({ ...place, access: 'public', run: ({ actor }) => answer(actor) }),
    // @ts-expect-error Its time is not limited.
    defineRoute({ ...place, access: 'open', run: ({ deadline }) => answer(deadline) }),
    defineRoute({
      ...place,
      access: 'open',
      params: z.object({ id: z.int() }),
      run: ({ params }) => answer(params.id),
    }),
    // @ts-expect-error It has no schema for parameters.
    defineRoute({ ...place, access: 'open', run: ({ params }) => answer(params.id) }),
    // @ts-expect-error It has no schema for a body.
    defineRoute({ ...place, access: 'open', params: z.object({ id: z.int() }), run: ({ body }) => answer(body.id) }),
  ];
  expect(routes).toHaveLength(10);
});
