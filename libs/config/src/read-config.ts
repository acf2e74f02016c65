import type { z } from 'zod';

/** EX_CONFIG of sysexits.h: the operator must change something; a restart alone does not help. */
export const EXIT_CONFIG = 78;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration is not valid. `problems` has all of them: `<KEY> <what is wrong>`, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/**
 * Reads the keys of `schema` from the environment. A variable that is set to nothing counts as not set; other variables
 * are left alone.
 * @throws {ConfigError} with every problem at once
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: Environment = process.env): z.infer<S> {
  const given: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = env[key];
    if (value !== undefined && value !== '') given[key] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'configuration'} ${message}`));
}

/** `readConfig` for `main.ts`: prints every problem to stderr and exits 78. Nothing has been started by then. */
export function readConfigOrExit<S extends z.ZodObject>(schema: S, env: Environment = process.env): z.infer<S> {
  try {
    return readConfig(schema, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const count = error.problems.length;
    const lines = error.problems.map((problem) => `  - ${problem}\n`).join('');
    // Written synchronously: the process ends at the next line.
    process.stderr.write(`The configuration is not valid (${count} problem${count === 1 ? '' : 's'}):\n${lines}`);
    process.exit(EXIT_CONFIG);
  }
}
