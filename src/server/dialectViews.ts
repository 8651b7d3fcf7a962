import type { LogEvent } from '../feed/eventLogTypes.js';
import type { Dialect, DialectName } from '../protocol/dialects/dialect.js';
import { createForm, createView, type View } from './view.js';

/** How clients of each dialect see the log. */
export interface DialectViews {
  /** The same view for every client of a dialect: an event is printed, framed and compressed once for all of them. */
  of(dialect: Dialect, isCompressed: boolean): View;
}

/** Makes a message into the parts of a WebSocket frame. */
type MakeFrame = (message: Buffer) => readonly Buffer[];

/** No views yet; `frameCompressed` leaves messages as they are that are better not compressed. */
export function createDialectViews(frame: MakeFrame, frameCompressed: MakeFrame): DialectViews {
  const plain = new Map<DialectName, View>();
  const compressed = new Map<DialectName, View>();
  return {
    of(dialect, isCompressed) {
      let view = plain.get(dialect.name);
      if (view === undefined) {
        view = createView(createForm(dialect.name, (event) => framesIn(dialect, event, frame)));
        plain.set(dialect.name, view);
      }
      if (!isCompressed) return view;
      let shorter = compressed.get(dialect.name);
      if (shorter === undefined) {
        const makeFrames = (event: LogEvent): readonly Buffer[] => framesIn(dialect, event, frameCompressed);
        shorter = createView(createForm(`${dialect.name}+deflate`, makeFrames, view));
        compressed.set(dialect.name, shorter);
      }
      return shorter;
    },
  };
}

/** An event as frames; the native message is in the log already. */
function framesIn(dialect: Dialect, event: LogEvent, frame: MakeFrame): readonly Buffer[] {
  if (dialect.name === 'native') return frame(event.message);
  const envelope = dialect.event(event);
  if (envelope === undefined) return [];
  return frame(Buffer.concat([Buffer.from(envelope.prefix), event.dataJson, Buffer.from(envelope.suffix)]));
}
