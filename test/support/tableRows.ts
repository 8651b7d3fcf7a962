/** Cells of all rows of the Markdown tables in a text, heads and rulers left out. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((_row, index, all) => !isRuler(all[index]) && !isRuler(all[index + 1]));
}

function isRuler(row: readonly string[] | undefined): boolean {
  return row?.every((cell) => /^-+$/.test(cell)) === true;
}
