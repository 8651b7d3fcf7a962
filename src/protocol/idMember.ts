/** The `id` of an answer with the comma after it; nothing for a question without one. `idJson` is the client's own text. */
export function idMember(idJson: string | undefined): string {
  return idJson === undefined ? '' : `"id":${escapeLoneSurrogates(idJson)},`;
}

/** Half a surrogate pair cannot be written as UTF-8; inside JSON strings, the only place where it can stand, its escape can. */
export function escapeLoneSurrogates(json: string): string {
  return json.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}
