import { expect, it } from 'vitest';
import { messageType } from './message-type.ts';

it.each([
  [null, null, 'text'],
  ['photo.JPG', null, 'image'],
  ['photo.jpeg', 'https://example.com/a.pdf', 'image'],
  ['notes.pdf', 'https://example.com/a.png', 'file'],
  [null, 'https://example.com/a.webp?size=2#top', 'image'],
  [null, 'https://example.com/download?name=a.png', 'file'],
  [null, 'https://example.png', 'file'],
  [null, 'not an address.gif', 'image'],
  ['png', null, 'file'],
])('file name %j and url %j make a message of type %s', (fileName, url, type) => {
  expect(messageType(fileName, url)).toBe(type);
});
