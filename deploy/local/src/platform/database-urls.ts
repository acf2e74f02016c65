/** Each service's own way into Postgres: one password per role, made at the first start. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SERVICES, type ServiceName } from '@enishi/contracts';
import { serviceUrl } from '@enishi/database';
import { z } from 'zod';
import type { Layout } from '../layout.js';

const Passwords = z.record(z.string(), z.string());

export function databasePasswords(layout: Layout): { name: ServiceName; password: string }[] {
  const file = layout.path('postgres', 'service-passwords.json');
  const known = existsSync(file) ? Passwords.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const all = SERVICES.map((name) => ({ name, password: known[name] ?? randomBytes(24).toString('base64url') }));
  writeFileSync(file, JSON.stringify(Object.fromEntries(all.map(({ name, password }) => [name, password]))), { mode: 0o600 });
  return all;
}

export function databaseUrls(layout: Layout): Readonly<Record<ServiceName, string>> {
  const server = `postgresql://127.0.0.1:${layout.ports.postgres}/postgres`;
  return Object.fromEntries(databasePasswords(layout).map((role) => [role.name, serviceUrl(server, role)])) as Record<ServiceName, string>;
}
