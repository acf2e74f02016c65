/** A whole platform for one test file, on free ports, with its spans and logs collected. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TelemetryCollector } from '@enishi/testing';
import { type Layout, layoutFor } from '../../deploy/local/src/layout.js';
import { Platform } from '../../deploy/local/src/platform/platform.js';
import { freePortBase } from '../../deploy/local/src/platform/ports.js';
import { quiet } from '../../deploy/local/src/terminal-output.js';

export interface OwnPlatform {
  readonly platform: Platform;
  readonly telemetry: TelemetryCollector;
  stop(): Promise<void>;
}

export async function ownPlatform(): Promise<OwnPlatform> {
  const dir = mkdtempSync(join(tmpdir(), 'enishi-e2e-'));
  const at = (base: number): Layout => layoutFor(base, dir);
  const telemetry = await TelemetryCollector.start();
  const platform = new Platform({ layout: at(await freePortBase(at)), progress: quiet, otlpEndpoint: telemetry.endpoint });
  await platform.start();
  return {
    platform,
    telemetry,
    async stop() {
      await platform.stop();
      await telemetry.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
