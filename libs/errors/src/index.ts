export { AppError, type AppErrorOptions } from './app-error.js';
export { type Declares, failure, type ReasonOf } from './failure.js';
export { fromZod, type SchemaComplaint } from './from-zod.js';
export { httpStatusOf } from './http-status.js';
export { asAppError, PLATFORM_ERRORS, type PlatformReason, platformError } from './platform.js';
export { fromWire, MAX_MESSAGE_CHARS, toWire, WireError } from './wire.js';
