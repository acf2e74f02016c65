/** docs/messages.md: who says what to whom, from the contracts and their samples. */
import { EVENTS, type EventContract, REQUESTS, type RequestContract, SERVICES } from '@enishi/contracts';
import { SAMPLES } from '@enishi/contracts/samples';
import type { z } from 'zod';
import { durableOf, roleOf, streamOf, subjectPattern } from './names.js';
import { permissionsOf } from './permissions.js';
import { schemaRows } from './schema-table.js';

/** The whole document; the same contracts give the same text. */
export function messagesDocument(): string {
  return [
    '# Messages',
    '',
    'Generated from `libs/contracts` by `./enishi check`; change the contracts, not this file.',
    'A request is answered by one process of its owner; an event is delivered to each hearer at least once and handled once in effect.',
    'Besides the errors named here, any request may fail with a code of the platform (`errors.md`).',
    '',
    '## By service',
    '',
    ...SERVICES.flatMap(serviceSection),
    '## Requests',
    '',
    ...REQUESTS.flatMap(requestSection),
    '## Events',
    '',
    ...EVENTS.flatMap(eventSection),
  ].join('\n');
}

function serviceSection(service: (typeof SERVICES)[number]): string[] {
  const { answers, calls, emits, hears } = roleOf(service);
  const { publish, subscribe } = permissionsOf(service);
  const list = (contracts: readonly { subject: string }[]) =>
    contracts.length === 0 ? 'nothing' : contracts.map(({ subject }) => linkTo(subject)).join('<br>');
  return [
    `### ${service}`,
    '',
    '| answers | calls | emits | hears |',
    '|---|---|---|---|',
    `| ${list(answers)} | ${list(calls)} | ${list(emits)} | ${list(hears)} |`,
    '',
    `In its account it may publish: ${publish.map((subject) => `\`${subject}\``).join(', ')}; and one reply to each request that it is handed.`,
    '',
    `May subscribe to: ${subscribe.map((subject) => `\`${subject}\``).join(', ')}.`,
    '',
  ];
}

function requestSection(request: RequestContract): string[] {
  const errors = Object.entries(request.errors);
  return [
    `### ${request.subject}`,
    '',
    `${request.summary}.`,
    '',
    `Callers: ${request.callers.join(', ')}. Answered within ${request.timeoutMs} ms.${
      request.addressedBy === undefined
        ? ''
        : ` Addressed: sent to \`${subjectPattern(request).replace('*', `<${request.addressedBy}>`)}\`, answered only by the replica that holds it.`
    }`,
    '',
    ...fields('Input', request.input),
    ...fields('Output', request.output),
    errors.length === 0
      ? 'No errors of its own.'
      : `Errors: ${errors.map(([reason, kind]) => `\`${request.owner}.${reason}\` (${kind})`).join(', ')}.`,
    '',
    ...sample(request.subject),
  ];
}

function eventSection(event: EventContract): string[] {
  return [
    `### ${event.subject}`,
    '',
    `${event.summary}.`,
    '',
    `Emitted by ${event.owner} into the stream \`${streamOf(event.owner)}\`. Delivered again after ${event.ackWaitMs} ms without an acknowledgement; parked as a dead letter after ${event.maxDeliver} deliveries.`,
    '',
    `Hearers: ${event.hearers.map((hearer) => `${hearer} (durable \`${durableOf(hearer, event)}\`)`).join(', ') || 'nobody'}.`,
    '',
    ...fields('Payload', event.payload),
    ...sample(event.subject),
  ];
}

function fields(title: string, schema: z.ZodType): string[] {
  const rows = schemaRows(schema);
  if (rows.length === 0) return [`${title}: nothing.`, ''];
  return [
    `| ${title} | type | rule |`,
    '|---|---|---|',
    ...rows.map(({ field, type, required, rule }) => `| \`${field}\`${required ? '' : ' (optional)'} | ${type} | ${rule} |`),
    '',
  ];
}

function sample(subject: string): string[] {
  const first = SAMPLES.find(({ contract }) => contract.subject === subject)?.released[0];
  return first === undefined ? [] : ['```json', JSON.stringify(first, null, 2), '```', ''];
}

function linkTo(subject: string): string {
  return `[${subject}](#${subject.replaceAll('.', '')})`;
}
