/** `node summary.cjs FOLDER STATUS FAILED-STEP…`: adds up jest's reports; the last line is `N passed, N failed`. */
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, status, ...failedSteps] = process.argv.slice(2);
const reports = readdirSync(folder).map((name) =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')),
);
const sum = (count) => reports.reduce((total, report) => total + count(report), 0);

const passed = sum((report) => report.numPassedTests);
// A file that could not even be run has no tests to count, and has failed all the same.
const failed = sum((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
const skipped = sum((report) => report.numPendingTests + report.numTodoTests);

const lines = [''];
if (failedSteps.length > 0) lines.push(`Failed: ${failedSteps.join('; ')}`);
else if (status !== '0') lines.push(`Stopped with status ${status}`);
lines.push(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
