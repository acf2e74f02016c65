import { isAbsolute, join } from 'node:path';

/** The repository, or the image's /app: this file is libs/database/dist/cli-config.js in both. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The URLs come by the environment: a command line can be read by every user of the machine. */
export function urlFromEnvironment(name: 'DATABASE_URL' | 'DATABASE_ADMIN_URL'): string {
  const url = process.env[name];
  if (!url) throw new Error(`${name} is not set: postgresql://user:password@host:port/database`);
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) throw new Error(`${name} is not a postgresql:// URL`);
  return url;
}

export function fromRoot(path: string): string {
  return isAbsolute(path) ? path : join(ROOT, path);
}

/** What `prisma generate` is run with: any executable counts as the schema engine, so that it fetches none (it does not run it). */
export function generateEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
}
