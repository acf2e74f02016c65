export { CONFIG, runService, type Service, startService } from './run-service.js';
