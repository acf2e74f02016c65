import { isAbsolute, join } from 'node:path';
import { databaseLogin, readConfig, type Secret, secretFile, url } from '@enishi/config';
import { z } from 'zod';
import type { DatabaseLogin } from './login.js';

/** The repository, or the image's /app: this file is libs/database/dist/cli-config.js in both. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/**
 * `<what>_URL` and `<what>_PASSWORD_FILE`. They come by the environment: a command line can be read by every user of the machine.
 * @throws {ConfigError} with every problem, and no value
 */
export function loginFromEnvironment(what: 'DATABASE' | 'DATABASE_ADMIN'): DatabaseLogin {
  const [urlKey, fileKey] = [`${what}_URL`, `${what}_PASSWORD_FILE`];
  const schema = z.object({ [urlKey]: url({ schemes: ['postgresql', 'postgres'] }), [fileKey]: secretFile().optional() });
  const config = readConfig(schema.superRefine(databaseLogin(urlKey, fileKey)));
  return { url: config[urlKey] as string, password: config[fileKey] as Secret | undefined };
}

export function fromRoot(path: string): string {
  return isAbsolute(path) ? path : join(ROOT, path);
}

/** What `prisma generate` is run with: any executable counts as the schema engine, so that it fetches none (it does not run it). */
export function generateEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
}
