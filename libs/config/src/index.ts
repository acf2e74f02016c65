export { type ConfigRow, configTable, describeConfig } from './describe-config.js';
export { directoryPath, durationMs, durationSeconds, filePath, flag, host, integer, oneOf, port, secretFile, url, word } from './fields.js';
export { follow } from './follow.js';
export { followedText } from './followed-text.js';
export { ConfigError, type Environment, EXIT_CONFIG, readConfig, readConfigOrExit } from './read-config.js';
export { Secret } from './secret.js';
export { databaseLogin, serviceConfig, serviceFields } from './service-config.js';
