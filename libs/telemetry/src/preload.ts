/** `node --import @enishi/telemetry/preload`: tracing is there before the first module of the service is loaded. */
import { flushAtExit, startTelemetry } from './start-telemetry.js';
import { telemetryEnvironment } from './telemetry-config.js';

startTelemetry(telemetryEnvironment());
flushAtExit();
