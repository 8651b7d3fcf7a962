import type { LogEvent } from '../feed/eventLogTypes.js';
import type { Dialect, DialectName } from '../protocol/dialects/dialect.js';
import { createForm, createView, type View } from './view.js';

/** How clients of each dialect see the log. */
export interface DialectViews {
  /** The same view for every client of a dialect: an event is printed and framed once for all of them. */
  of(dialect: Dialect): View;
}

/** No views yet; `frame` makes a message into the parts of a WebSocket text frame. */
export function createDialectViews(frame: (message: Buffer) => readonly Buffer[]): DialectViews {
  const views = new Map<DialectName, View>();
  return {
    of(dialect) {
      let view = views.get(dialect.name);
      if (view === undefined) {
        view = createView(createForm(dialect.name, (event) => framesIn(dialect, event, frame)));
        views.set(dialect.name, view);
      }
      return view;
    },
  };
}

/** An event as frames; the native message is in the log already. */
function framesIn(
  dialect: Dialect,
  event: LogEvent,
  frame: (message: Buffer) => readonly Buffer[],
): readonly Buffer[] {
  if (dialect.name === 'native') return frame(event.message);
  const envelope = dialect.event(event);
  if (envelope === undefined) return [];
  return frame(Buffer.concat([Buffer.from(envelope.prefix), event.dataJson, Buffer.from(envelope.suffix)]));
}
