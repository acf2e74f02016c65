import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccountId, ConnectionId, EventId, HolderId, OrderId, RunId, SessionId, TerminalId, TransactionId } from './ids.js';

const TYPES = { AccountId, ConnectionId, EventId, HolderId, OrderId, RunId, SessionId, TerminalId, TransactionId };

describe.each(Object.entries(TYPES))('%s', (name, type) => {
  it('takes what it generates, and generates nothing twice', () => {
    const made = Array.from({ length: 2_000 }, () => type.generate());
    for (const id of made) expect(type.parse(id)).toBe(id);
    expect(new Set(made).size).toBe(made.length);
  });

  it('refuses every other type of id', () => {
    const taken = Object.entries(TYPES).filter(([, other]) => type.safeParse(other.generate()).success);
    expect(taken.map(([taker]) => taker)).toEqual([name]);
  });

  it('refuses an id with any one character changed to one outside the alphabet, added or taken away', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('i', 'l', 'o', 'u', 'A', ' ', '\n', '.', '*', '>', '/', 'é', '０'), (at, character) => {
        const id = type.generate();
        const place = at % (id.length + 1);
        const changed = id.slice(0, place) + character + id.slice(place + 1);
        if (changed !== id) expect(type.safeParse(changed).success).toBe(false);
        expect(type.safeParse(id.slice(0, place) + character + id.slice(place)).success).toBe(false);
        const cut = at % id.length;
        expect(type.safeParse(id.slice(0, cut) + id.slice(cut + 1)).success).toBe(false);
      }),
    );
  });

  it('refuses whatever is not a string', () => {
    fc.assert(
      fc.property(
        fc.anything().filter((value) => typeof value !== 'string'),
        (value) => !type.safeParse(value).success,
      ),
    );
  });

  it('is one token of a subject, so that it can address a request', () => {
    expect(type.generate()).toMatch(/^[a-z0-9_]{1,40}$/);
  });
});
