// The page of the document in a browser, under a path of a proxy: signing in with it, and what "Try it out" shows first.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installTools } from '../support/openapi-tools.ts';
import { type PathProxy, startPathProxy } from '../support/path-proxy.ts';
import { embeddedTarget, withService } from '../support/service-under-test.ts';

/** What is used of jsdom, which has no types of its own, and of a page. */
interface Dom {
  readonly window: {
    readonly document: Shown;
    readonly HTMLInputElement: { readonly prototype: object };
    readonly Event: new (type: string, options: object) => Event;
    readonly MutationObserver: new (look: () => void) => { observe(on: Shown, what: object): void; disconnect(): void };
    close(): void;
  };
}

interface Shown {
  readonly textContent: string | null;
  querySelector(selector: string): Shown | null;
  click(): void;
  dispatchEvent(event: Event): boolean;
}

const service = withService(embeddedTarget());
let proxy: PathProxy;
let page: Dom;

beforeAll(async () => {
  const folder = await installTools('openapi-page');
  proxy = await startPathProxy(service.url(0), '/apps/chat');
  page = await openPage(createRequire(join(folder, 'node_modules/')), `${proxy.url}/docs`);
}, 180_000);
afterAll(() => {
  page?.window.close();
  proxy?.close();
});

/** Runs the scripts of the page, from where it says they are. */
async function openPage(require: NodeJS.Require, address: string): Promise<Dom> {
  const { JSDOM, VirtualConsole } = require('jsdom');
  return JSDOM.fromURL(address, {
    runScripts: 'dangerously',
    resources: 'usable',
    pretendToBeVisual: true,
    // What jsdom cannot do it would print.
    virtualConsole: new VirtualConsole(),
    beforeParse(window: Record<string, unknown> & { location: URL }) {
      // It has no fetch: that of Node, which has no address to start from.
      const from = (address: string | Request) =>
        typeof address === 'string' ? new URL(address, window.location.href) : address;
      window.fetch = (address: string | Request, init?: RequestInit) => fetch(from(address), init);
      Object.assign(window, { Headers, Request, Response, scrollTo() {} });
    },
  });
}

/** Resolves with the element as soon as there is one. */
function appears(selector: string, within?: Shown): Promise<Shown> {
  const { document, MutationObserver } = page.window;
  return new Promise((resolve) => {
    const look = () => {
      const found = (within ?? document).querySelector(selector);
      if (!found) return;
      observer.disconnect();
      resolve(found);
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    look();
  });
}

const text = async (selector: string, within: Shown) => (await appears(selector, within)).textContent ?? '';

/** Opens a call, presses "Try it out" and "Execute", changes nothing. */
async function tryOut(tag: string, operationId: string) {
  const call = await appears(`#operations-${tag}-${operationId}`);
  (await appears('.opblock-summary-control', call)).click();
  (await appears('.try-out__btn', call)).click();
  (await appears('.execute', call)).click();
  const row = '.live-responses-table tr.response';
  return {
    address: await text('.request-url pre', call),
    status: await text(`${row} .response-col_status`, call),
    shown: await text(`${row} .response-col_description`, call),
  };
}

/** As a person does: the page hands its state out to nobody. */
async function authorize(token: string): Promise<void> {
  (await appears('.btn.authorize')).click();
  const input = await appears('.auth-container input');
  const { HTMLInputElement, Event } = page.window;
  // React looks for changes behind its own setter.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, token);
  input.dispatchEvent(new Event('input', { bubbles: true }));
  (await appears('.auth-btn-wrapper .authorize')).click();
  (await appears('.close-modal')).click();
}

test('registering, signing in, creating a channel and sending work as they stand', async () => {
  const registered = await tryOut('Accounts', 'register');
  expect(registered).toMatchObject({ address: `${proxy.url}/api/v1/auth/register`, status: '201' });
  const [, token = ''] = /"token":\s*"([^"]+)"/.exec(registered.shown) ?? [];
  await authorize(token);
  expect(await tryOut('Channels', 'createChannel')).toMatchObject({
    address: `${proxy.url}/api/v1/channels`,
    status: '201',
  });
  expect(await tryOut('Messages', 'sendMessage')).toMatchObject({
    address: `${proxy.url}/api/v1/messages`,
    status: '201',
  });
}, 180_000);
