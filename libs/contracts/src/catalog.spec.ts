import { describe, expect, it } from '@jest/globals';
import { EVENTS, REQUESTS, ROUTES } from './generated/messages.js';
import { SAMPLES } from './generated/samples.js';
import type { EventContract, MessageContract, RequestContract } from './message.js';
import { SERVICES } from './names.js';

const MESSAGES: readonly MessageContract[] = [...REQUESTS, ...EVENTS];
/** How a fact ends: `ended`, `read`, `sent`, `taken`, `known`. A request is an imperative. */
const PAST_TENSE = /(?:[aeil]d|nt|ken|wn)$/;

describe('the catalog', () => {
  it('names each subject once, and each has samples', () => {
    const subjects = MESSAGES.map(({ subject }) => subject);
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(SAMPLES.map(({ contract }) => contract.subject).sort()).toEqual([...subjects].sort());
  });

  it.each(MESSAGES.map((contract) => [contract.subject, contract] as const))(
    '%s follows the grammar owner.noun.verb.vN',
    (subject, contract) => {
      expect(subject).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9]\d*$/);
      expect(SERVICES).toContain(contract.owner);
      expect(subject.startsWith(`${contract.owner}.`)).toBe(true);
      const verb = subject.split('.')[2] as string;
      if (contract.kind === 'event') expect(verb).toMatch(PAST_TENSE);
      else expect(verb).not.toMatch(/ed$/);
      expect(contract.summary).toMatch(/^[A-Z].*[^.]$/);
    },
  );

  it.each(REQUESTS.map((contract) => [contract.subject, contract] as const))(
    '%s is called by services, and by others than its owner',
    (_, contract) => {
      expect(contract.callers.length).toBeGreaterThan(0);
      for (const caller of contract.callers) expect(SERVICES).toContain(caller);
      expect(contract.callers).not.toContain(contract.owner);
      expect(contract.timeoutMs).toBeGreaterThanOrEqual(100);
      expect(contract.timeoutMs).toBeLessThanOrEqual(30_000);
      for (const reason of Object.keys(contract.errors)) expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/);
    },
  );

  it.each(EVENTS.map((contract) => [contract.subject, contract] as const))(
    '%s is heard by services, and by others than its owner',
    (_, contract) => {
      for (const hearer of contract.hearers) expect(SERVICES).toContain(hearer);
      expect(new Set(contract.hearers).size).toBe(contract.hearers.length);
      expect(contract.hearers).not.toContain(contract.owner);
      expect(contract.maxDeliver).toBeGreaterThanOrEqual(2);
      expect(contract.ackWaitMs).toBeGreaterThanOrEqual(1_000);
    },
  );

  it('gives one reason one kind in all contracts of an owner, for the code is all that a caller sees', () => {
    const kinds = new Map<string, string>();
    for (const { owner, errors } of [...REQUESTS, ...ROUTES])
      for (const [reason, kind] of Object.entries(errors)) {
        const code = `${owner}.${reason}`;
        expect([code, kinds.get(code) ?? kind]).toEqual([code, kind]);
        kinds.set(code, kind);
      }
  });

  it('names each operation of a service once', () => {
    const names = ROUTES.map(({ owner, operationId }) => `${owner} ${operationId}`);
    expect(new Set(names).size).toBe(names.length);
    const doors = ROUTES.map(({ owner, method, path }) => `${owner} ${method} ${path}`);
    expect(new Set(doors).size).toBe(doors.length);
  });
});

describe.each(SAMPLES.map((samples) => [samples.contract.subject, samples] as const))(
  'samples of %s',
  (_, { contract, released, replies, refused, refusedReplies }) => {
    const input = contract.kind === 'request' ? (contract as RequestContract).input : (contract as EventContract).payload;

    it('every payload ever released parses, and stays what it was', () => {
      expect(released.length).toBeGreaterThan(0);
      for (const payload of released) expect(input.parse(payload)).toEqual(payload);
    });

    it('every refused payload is refused with a place', () => {
      expect(refused.length).toBeGreaterThan(0);
      for (const payload of refused) {
        const parsed = input.safeParse(payload);
        expect([payload, parsed.success]).toEqual([payload, false]);
        expect(parsed.error?.issues[0]?.path).toBeDefined();
      }
    });

    it('replies parse, and refused replies do not', () => {
      expect((replies ?? []).length > 0).toBe(contract.kind === 'request');
      expect((refusedReplies ?? []).length > 0).toBe(contract.kind === 'request');
      if (contract.kind !== 'request') return;
      for (const reply of replies ?? []) expect((contract as RequestContract).output.parse(reply)).toEqual(reply);
      for (const reply of refusedReplies ?? [])
        expect([reply, (contract as RequestContract).output.safeParse(reply).success]).toEqual([reply, false]);
    });
  },
);
