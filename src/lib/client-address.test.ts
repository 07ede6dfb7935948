import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, countedAddress } from './client-address.ts';

describe('countedAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['192.0.2.7:51234', '192.0.2.7'],
    ['"192.0.2.7:51234"', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['[::ffff:192.0.2.7]:51234', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::9', '2001:db8:0:0::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
    ['"[2001:db8::1]:443"', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ])('reads %s as %s', (written, counted) => {
    expect(countedAddress(written)).toBe(counted);
  });

  it.each([
    ...['', 'unknown', '_hidden', 'localhost', '192.0.2', '192.0.2.256', '192.0.2.07', '192.0.2.7:', '192.0.2.7:x'],
    ...['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', ':::', '[::1', '[::1]x', '[192.0.2.7]', '[::1]:x', '12345::'],
    ...['1:2:3:4:5:6:7:8::', '192.0.2.7::', '::192.0.2.7:1', '-1.0.0.0', '1e1.0.0.0', '%', '[]', ':'.repeat(1000)],
  ])('refuses %j', (written) => {
    expect(countedAddress(written)).toBeUndefined();
  });

  it('counts an IPv6 network as one, whatever its last half and its port', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const groups = (length: number) => fc.array(group, { minLength: length, maxLength: length });
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), fc.integer({ min: 0, max: 65_535 }), (network, one, two, port) => {
        const first = countedAddress([...network, ...one].join(':'));
        expect(countedAddress(`[${[...network, ...two].join(':')}]:${port}`)).toBe(first);
        expect(first).toMatch(/::\/64$/);
      }),
    );
  });

  it('counts an IPv4 address as one, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 65_535 }), (address, port) => {
        for (const written of [address, `${address}:${port}`, `::ffff:${address}`, `[::ffff:${address}]:${port}`]) {
          expect(countedAddress(written)).toBe(address);
        }
      }),
    );
  });

  it('takes every IPv6 address, and returns a network that it returned unchanged', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const counted = countedAddress(address);
        expect(counted).toBeDefined();
        if (counted?.endsWith('/64')) expect(countedAddress(counted.slice(0, -3))).toBe(counted);
      }),
    );
  });

  it('never throws', () => {
    const shred = fc.string({ unit: fc.constantFrom(...':.[]"% ,0aF9x') });
    fc.assert(fc.property(fc.oneof(fc.string(), shred), (text) => void countedAddress(text)));
  });
});

describe('clientAddress', () => {
  it.each([
    [null, '192.0.2.1'],
    [undefined, '192.0.2.1'],
    ['', '192.0.2.1'],
    ['unknown', '192.0.2.1'],
    ['203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:4711', '203.0.113.7'],
    ['203.0.113.7, unknown', '192.0.2.1'],
    ['203.0.113.7,', '192.0.2.1'],
  ])('with X-Forwarded-For %j is %s', (forwarded, address) => {
    expect(clientAddress(() => '::ffff:192.0.2.1', forwarded)).toBe(address);
  });

  it('is empty if nobody knows', () => {
    expect(clientAddress(() => '', null)).toBe('');
  });
});
