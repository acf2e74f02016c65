/** A whole platform for one test file, on free ports, with its spans collected. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanCollector } from '@enishi/testing';
import { type Layout, layoutFor } from '../../deploy/local/src/layout.js';
import { Platform } from '../../deploy/local/src/platform/platform.js';
import { freePortBase } from '../../deploy/local/src/platform/ports.js';
import { quiet } from '../../deploy/local/src/terminal-output.js';

export interface OwnPlatform {
  readonly platform: Platform;
  readonly spans: SpanCollector;
  stop(): Promise<void>;
}

export async function ownPlatform(): Promise<OwnPlatform> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-e2e-'));
  const at = (base: number): Layout => layoutFor(base, dir);
  const spans = await SpanCollector.start();
  const platform = new Platform({ layout: at(await freePortBase(at)), progress: quiet, otlpEndpoint: spans.endpoint });
  await platform.start();
  return {
    platform,
    spans,
    async stop() {
      await platform.stop();
      await spans.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
