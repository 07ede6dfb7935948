// Serves a call: sets its deadline, admits it, validates its input, runs it and answers.
import type { Handler } from 'hono';
import { clientAddress, trustedForwardedFor } from '../lib/client-address.ts';
import { createAdmit } from './admit.ts';
import { type CallTime, createInTime } from './call-in-time.ts';
import type { AppDependencies } from './dependencies.ts';
import type { HttpContext, HttpEnvironment } from './environment.ts';
import { type RespondFailure, respond } from './respond.ts';
import type { Access, Call, Caller, Input, Route } from './route.ts';
import { createReadInput } from './validate.ts';

const MIN_BODY_BYTES = 128 * 1024;
const NO_INPUT: Input = { params: undefined, query: undefined, body: undefined, fields: undefined };

/** Makes the handler that Hono calls for a route. */
export type ServeRoute = (route: Route) => Handler<HttpEnvironment>;

export type ServeDependencies = Pick<
  AppDependencies,
  'tokens' | 'principals' | 'limiters' | 'clock' | 'clientAddress' | 'trustProxy' | 'maxTextLength'
> & { readonly respondFailure: RespondFailure };

export function createServeRoute(deps: ServeDependencies): ServeRoute {
  const { clientAddress: peerOf, trustProxy } = deps;
  const addressOf = (c: HttpContext) =>
    clientAddress(() => peerOf(c), trustedForwardedFor(c.req.header('X-Forwarded-For'), trustProxy));
  const admit = createAdmit({ ...deps, addressOf });
  const inTime = createInTime();
  // The longest text with each character escaped, and what else a body holds.
  const maxBodyBytes = Math.max(MIN_BODY_BYTES, deps.maxTextLength * 6 + 8192);

  return (route) => {
    const readInput = createReadInput(route, maxBodyBytes);

    async function run(c: HttpContext, caller: Caller, time?: CallTime): Promise<Response> {
      const { params, query, body, fields } = readInput ? await readInput(c, time) : NO_INPUT;
      time?.assertNotOver();
      const { actor, principal, token } = caller;
      const deadline = time?.deadline;
      const call = { actor, principal, token, params, query, body, fields, deadline, address: () => addressOf(c) };
      // `admit` returns what this kind of access promises.
      return respond(c, await route.run(call as Call<Access>));
    }

    async function serve(c: HttpContext): Promise<Response> {
      try {
        if (route.access === 'open') return await run(c, {});
        return await inTime(async (time) => run(c, await admit(c, route), time));
      } catch (error) {
        return deps.respondFailure(error, c);
      }
    }
    return serve;
  };
}
