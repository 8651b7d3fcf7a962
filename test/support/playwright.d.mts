/** What tests use of playwright-core. */

export interface Locator {
  nth(index: number): Locator;
  allTextContents(): Promise<readonly string[]>;
  fill(text: string): Promise<void>;
  click(): Promise<void>;
  waitFor(): Promise<void>;
}

/** One answer to a request of a page. */
export interface PageResponse {
  status(): number;
  request(): { method(): string };
}

/** One page (a tab) of a browser. */
export interface Page {
  goto(url: string): Promise<unknown>;
  title(): Promise<string>;
  setContent(html: string): Promise<void>;
  /** Runs an expression in the page; waits where it is a promise. Results are copied. */
  evaluate<T>(expression: string): Promise<T>;
  frame(by: { readonly name: string }): { evaluate(expression: string): Promise<unknown> } | null;
  locator(selector: string, having?: { readonly hasText: string }): Locator;
  getByText(text: string, options: { readonly exact: boolean }): Locator;
  getByRole(role: 'button', options: { readonly name: string; readonly exact?: boolean }): Locator;
  waitForResponse(fits: (response: PageResponse) => boolean): Promise<PageResponse>;
  /** Answers requests in the place of their server. */
  route(
    url: string,
    answer: (route: {
      fulfill(answer: { readonly contentType: string; readonly body: string }): Promise<void>;
    }) => Promise<void>,
    options: { readonly times: number },
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** A running browser. */
export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

export const chromium: {
  launch(options: {
    readonly executablePath: string;
    readonly headless: boolean;
    readonly chromiumSandbox: boolean;
    readonly args: readonly string[];
  }): Promise<Browser>;
};
