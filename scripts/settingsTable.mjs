// Writes the tables of settings into README.md, between its two markers. Needs a build: npm run build && node scripts/settingsTable.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsMarkdown } from '../dist/config/settingsMarkdown.js';

const README = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- settings -->', '<!-- /settings -->'];

const text = readFileSync(README, 'utf8');
const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
if (begin < 0 || end < begin) throw new Error(`README.md has no lines ${BEGIN} and ${END}`);
writeFileSync(
  README,
  `${text.slice(0, begin + BEGIN.length)}\n\n${settingsMarkdown()}\n\n${text.slice(end)}`,
);
