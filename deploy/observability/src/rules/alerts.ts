/** Alerts on single causes and on dead ends: what no budget of errors shows in time. */
import { SERVICES } from '@enishi/contracts';
import { ALL_SERVICES, increaseFromFirst, SITE_CHANGED, select } from '../promql.js';
import { type Alert, type AlertGroup, runbookOf } from './rule.js';
import { SLO_ALERTS } from './slo-alerts.js';

/** A few PCs are switched off every night; more of them at once are no coincidence. */
const TERMINALS_ENOUGH = 5;
const DAY_SECONDS = 86_400;

const up = select('up', `service=~"${ALL_SERVICES}"`);

/**
 * All targets of a service are down; or they vanished within the last day; or there never were any. Several namespaces
 * may be watched by one Prometheus, so `absent` alone is not enough: it is silent while another namespace has the service.
 */
const serviceAbsent = [
  `max by (namespace, service) (${up}) == 0`,
  `(group by (namespace, service) (last_over_time(${up}[1d])) unless group by (namespace, service) (${up}))`,
  ...SERVICES.map((service) => `absent(${select('up', `service="${service}"`)})`),
].join('\nor\n');

const secondsLeft = 'min by (namespace, service, door) (enishi_tls_certificate_expiry_timestamp_seconds) - time()';

const availability: readonly Alert[] = [
  alert('ServiceAbsent', 'page', {
    expr: serviceAbsent,
    for: '2m',
    summary: 'No replica of {{ $labels.service }} is up',
    description: 'Prometheus has reached no replica of {{ $labels.service }} for 2 minutes.',
  }),
  alert('ReplicasMissing', 'ticket', {
    // A pod that has no address yet is no target: Kubernetes' own alerts know it.
    expr: `count by (namespace, service) (${up} == 1) < count by (namespace, service) (${up})`,
    for: '10m',
    summary: 'Replicas of {{ $labels.service }} are down',
    description: 'Only {{ $value }} of the replicas of {{ $labels.service }} can be reached, for 10 minutes.',
  }),
  alert('DatabaseAway', 'page', {
    expr: `sum by (namespace, service) (rate(${select('enishi_database_operation_seconds_count', 'outcome="away"')}[2m])) > 0`,
    for: '2m',
    summary: 'Postgres is away for {{ $labels.service }}',
    description: '{{ $labels.service }} loses {{ $value | printf "%.2f" }} operations a second because Postgres cannot be reached.',
  }),
  alert('TlsCertificateExpiresSoon', 'ticket', {
    expr: `${secondsLeft} < ${14 * DAY_SECONDS}`,
    for: '1h',
    summary: 'A TLS certificate of {{ $labels.service }} was not renewed',
    description: 'The certificate of the door {{ $labels.door }} of {{ $labels.service }} ends in {{ $value | humanizeDuration }}.',
  }),
  alert('TlsCertificateExpiresWithinADay', 'page', {
    expr: `${secondsLeft} < ${DAY_SECONDS}`,
    for: '5m',
    summary: 'A TLS certificate of {{ $labels.service }} is about to end',
    description: 'The certificate of the door {{ $labels.door }} of {{ $labels.service }} ends in {{ $value | humanizeDuration }}.',
  }),
];

const bus: readonly Alert[] = [
  alert('OutboxLags', 'page', {
    // Each replica sees the whole outbox of its service.
    expr: 'max by (namespace, service) (enishi_outbox_lag_seconds) > 60',
    for: '2m',
    summary: 'Facts of {{ $labels.service }} are not published',
    description: 'The oldest fact in the outbox of {{ $labels.service }} has waited for {{ $value | humanizeDuration }}.',
  }),
  alert('StreamMissing', 'page', {
    expr: 'max by (namespace, service, resource) (enishi_event_resource_missing) == 1',
    for: '1m',
    summary: '{{ $labels.service }} misses {{ $labels.resource }} on the bus',
    description: 'JetStream has not shown {{ $labels.resource }} to {{ $labels.service }} for a minute: facts of it or for it wait.',
  }),
  alert('EventsPileUp', 'ticket', {
    expr: 'max by (namespace, service, subject) (enishi_event_pending_messages) > 100',
    for: '10m',
    summary: '{{ $labels.service }} does not keep up with {{ $labels.subject }}',
    description: '{{ $value }} messages of {{ $labels.subject }} wait for {{ $labels.service }}.',
  }),
  alert('EventsBusy', 'ticket', {
    // What is answered as busy uses up no delivery, so it never becomes a dead letter.
    expr: 'max by (namespace, service, subject) (enishi_event_busy_seconds) > 600',
    for: '5m',
    summary: '{{ $labels.service }} puts off {{ $labels.subject }} again and again',
    description:
      'An event of {{ $labels.subject }} has waited for {{ $value | humanizeDuration }} because its handler in {{ $labels.service }} is busy.',
  }),
  alert('EventsRedelivered', 'ticket', {
    expr: `${increaseFromFirst('enishi_event_redeliveries_total', '15m', 'namespace', 'service', 'subject')} > 10`,
    for: '15m',
    summary: '{{ $labels.service }} is given {{ $labels.subject }} again and again',
    description: '{{ $value | humanize }} deliveries of {{ $labels.subject }} to {{ $labels.service }} in 15 minutes were not the first.',
  }),
  alert('DeadLettersParked', 'ticket', {
    expr: `${increaseFromFirst('enishi_dead_letters_total', '1h', 'namespace', 'service', 'subject', 'code')} > 0`,
    summary: '{{ $labels.service }} gave up {{ $labels.subject }}',
    description: '{{ $value | humanize }} events of {{ $labels.subject }} were parked in the last hour with {{ $labels.code }}.',
  }),
];

const aggregation: readonly Alert[] = [
  alert('NoTerminalsAttached', 'page', {
    // No series at all is a relay that is away: that is ServiceAbsent.
    expr: `sum by (namespace) (enishi_terminals_attached) == 0\nand\nsum by (namespace) (enishi_terminals_attached offset 1h) >= ${TERMINALS_ENOUGH}`,
    for: '5m',
    summary: 'No terminal is attached',
    description: `No terminal has been attached for 5 minutes; an hour ago there were ${TERMINALS_ENOUGH} or more.`,
  }),
  alert('UnknownPagesRise', 'ticket', {
    expr: `${increaseFromFirst(select('enishi_parser_pages_total', `cause=~"${SITE_CHANGED}"`), '1h', 'namespace', 'connector')} > 2`,
    summary: 'The bank of {{ $labels.connector }} has changed its site',
    description: '{{ $value | humanize }} answers in the last hour were none that the connector {{ $labels.connector }} describes.',
  }),
  alert('RunsStuck', 'ticket', {
    // Each replica counts all runs.
    expr: 'max by (namespace, state) (enishi_runs_stuck) > 0',
    for: '5m',
    summary: 'Runs do not move on from {{ $labels.state }}',
    description: '{{ $value }} runs should have ended or moved on from {{ $labels.state }} by now.',
  }),
  alert('RunLeasesLost', 'ticket', {
    expr: 'sum by (namespace) (increase(enishi_run_leases_lost_total[15m])) > 5',
    for: '5m',
    summary: 'Runs change their driver too often',
    description: '{{ $value | humanize }} runs were taken over in 15 minutes while their driver was still alive.',
  }),
  alert('SweepsFail', 'ticket', {
    // The dispatcher looks several times a second, the parser every ten minutes.
    expr: 'sum by (namespace, service) (increase(enishi_run_sweep_failures_total[15m])) > 5\nor\nsum by (namespace, service) (increase(enishi_parser_sweep_failures_total[1h])) > 2',
    for: '10m',
    summary: 'Sweeps of {{ $labels.service }} fail',
    description: '{{ $value | humanize }} sweeps of {{ $labels.service }} failed: due runs, or expired pages, stay where they are.',
  }),
];

export const ALERTS: readonly AlertGroup[] = [
  SLO_ALERTS,
  { name: 'enishi-availability', rules: availability },
  { name: 'enishi-bus', rules: bus },
  { name: 'enishi-aggregation', rules: aggregation },
];

function alert(
  name: string,
  severity: 'page' | 'ticket',
  { expr, for: lasts, summary, description }: { expr: string; for?: string; summary: string; description: string },
): Alert {
  return {
    alert: name,
    expr,
    ...(lasts === undefined ? {} : { for: lasts }),
    labels: { severity },
    annotations: { summary, description, runbook: runbookOf(name) },
  };
}
