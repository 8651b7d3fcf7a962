import type { LogEvent } from '../../feed/eventLogTypes.js';
import type { Dialect } from '../../protocol/dialects/dialect.js';
import { createForm, createView, type View } from './view.js';

/** How clients of each dialect see the log. */
export interface DialectViews {
  /**
   * The same view for every client of a dialect: an event is printed, framed and compressed once for all of them. `forOperator` gives
   * another one, which differs where operators may see more, and shares the rest.
   */
  of(dialect: Dialect, isCompressed: boolean, forOperator?: boolean): View;
}

/** Makes a message into the parts of a WebSocket frame. */
type MakeFrame = (message: Buffer) => readonly Buffer[];

/** No views yet; `frameCompressed` leaves messages as they are that are better not compressed. */
export function createDialectViews(frame: MakeFrame, frameCompressed: MakeFrame): DialectViews {
  const views = new Map<string, View>();

  const of = (dialect: Dialect, isCompressed: boolean, forOperator = false): View => {
    const key = `${dialect.name}${isCompressed ? '+deflate' : ''}${forOperator ? '+operator' : ''}`;
    const known = views.get(key);
    if (known !== undefined) return known;
    const makeFrame = isCompressed ? frameCompressed : frame;
    const common = forOperator ? of(dialect, isCompressed) : undefined;
    const makeFrames = (event: LogEvent): readonly Buffer[] =>
      common !== undefined && event.operatorJson === undefined
        ? common.framesOf(event)
        : framesIn(dialect, event, makeFrame, forOperator);
    const cheap = isCompressed ? of(dialect, false, forOperator) : undefined;
    const view = createView(createForm(key, makeFrames, cheap));
    views.set(key, view);
    return view;
  };
  return { of };
}

/** An event as frames; the native message is in the log already, but for that of operators. */
function framesIn(
  dialect: Dialect,
  event: LogEvent,
  frame: MakeFrame,
  forOperator: boolean,
): readonly Buffer[] {
  const dataJson = (forOperator ? event.operatorJson : undefined) ?? event.dataJson;
  if (dialect.name === 'native' && dataJson === event.dataJson) return frame(event.message);
  const envelope = dialect.event({ ...event, ...event.custom });
  if (envelope === undefined) return [];
  return frame(Buffer.concat([Buffer.from(envelope.prefix), dataJson, Buffer.from(envelope.suffix)]));
}
