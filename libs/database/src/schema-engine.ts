/**
 * Prisma's schema engine as WebAssembly: the same code as its native program, without a download.
 * The package is made for bundlers; here its module is instantiated by hand.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';

/** The part of the global that is used here; the type library of browsers, which declares it, is not ours to load. */
interface WebAssemblyModules {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: Record<string, unknown>): Promise<{ exports: Record<string, unknown> }>;
}
const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: WebAssemblyModules };

export type SchemaEngine = glue.SchemaEngine;
export type MigrationList = glue.MigrationList;
export const NO_FILTER: glue.SchemaFilter = { externalTables: [], externalEnums: [] };

let loaded: Promise<void> | undefined;
let lastPanic: string | undefined;

/** Runs `work` with an engine on this adapter; what the engine throws comes out as one plain sentence. */
export async function withSchemaEngine<T>(
  adapter: SqlMigrationAwareDriverAdapterFactory,
  datamodels: [path: string, content: string][],
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loaded ??= load();
  await loaded;
  lastPanic = undefined;
  const engine = await glue.SchemaEngine.new(
    { datamodels: datamodels.length === 0 ? undefined : datamodels },
    () => {},
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
  try {
    return await work(engine);
  } catch (error) {
    throw new Error(sentenceOf(error), { cause: error });
  } finally {
    // After a panic the engine's memory is not to be touched again.
    if (lastPanic === undefined) engine.free();
  }
}

async function load(): Promise<void> {
  // The engine reports a panic here before it traps; without the registry the report itself would fail.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        lastPanic = message;
      },
    },
  });
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = await wasm.compile(readFileSync(join(dirname(entry), 'schema_engine_bg.wasm')));
  const instance = await wasm.instantiate(module, { './schema_engine_bg.js': withoutLingering(glue) });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as (() => void) | undefined)?.();
}

/** The engine times its wait for a lock and never clears the timer, which would keep a finished program for ten seconds. */
function withoutLingering(imports: typeof glue): Record<string, unknown> {
  const timers = Object.keys(imports).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return {
    ...imports,
    ...Object.fromEntries(timers.map((name) => [name, (work: () => void, ms: number) => setTimeout(work, ms >>> 0).unref()])),
  };
}

/** The engine appends a trace of its own source lines; the sentence is what stands before. */
function sentenceOf(error: unknown): string {
  if (lastPanic !== undefined) return `the schema engine broke: ${lastPanic.split('\n')[0]}`;
  const text = error instanceof Error ? error.message : String(error);
  return text.split(/\n\s+0: /)[0]?.trim() ?? text;
}
