/** `check`: schemas, routes, facts and tables of the charts, and skaffold.yaml. */
import { writeChartFiles } from '../charts/chart-files.js';

await writeChartFiles();
