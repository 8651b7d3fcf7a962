// The package's own types need those of a browser's page, which nothing else here has: see playwright.d.mts.
export { chromium } from 'playwright-core';
