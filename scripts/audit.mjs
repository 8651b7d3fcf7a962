import { text } from 'node:stream/consumers';

// Reads what `npm audit --json` prints: ends with 1 for known faults that are grave, and says it where the registry tells nothing.
const counts = read(await text(process.stdin));
if (counts === undefined) {
  console.log('the registry answers no audit: nothing is known of faults in the packages');
} else {
  const told = Object.entries(counts).map(([severity, count]) => `${count} ${severity}`);
  console.log(`known faults in the packages that run: ${told.join(', ')}`);
  if ((counts.high ?? 0) + (counts.critical ?? 0) > 0) {
    console.error('update the packages, or say in docs/dependencies.md why they stay: npm audit --omit=dev');
    process.exitCode = 1;
  }
}

function read(report) {
  try {
    const counts = JSON.parse(report).metadata?.vulnerabilities;
    // What counts nothing is no audit.
    return Number.isInteger(counts?.high) && Number.isInteger(counts.critical) ? counts : undefined;
  } catch {
    return undefined;
  }
}
