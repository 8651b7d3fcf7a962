import type { Topic } from '../protocol/topics.js';

/** A client that is behind. */
export interface LaggingClient {
  /** Its number, as in the log lines. */
  readonly id: number;
  /** Events of the log after the oldest place at which it stands, wanted or not. */
  readonly eventsBehind: number;
  readonly unsentBytes: number;
}

/** How far clients are behind. A connection is one client, however many forms it uses and logs it reads. */
export interface Lag {
  readonly clients: number;
  /** Clients with topics behind, by what is to become of these topics; one with several counts in each. */
  readonly byPolicy: Readonly<Record<'catch_up' | 'latest' | 'drop', number>>;
  /** The furthest behind, first; a few at most. */
  readonly worst: readonly LaggingClient[];
}

/** Figures of the distribution of the log. */
export interface HubFigures {
  readonly subscriptionsByTopic: Readonly<Record<Topic, number>>;
  /** Groups of live clients that are sent the same. */
  readonly cohorts: number;
  /** Turns in which events went to cohorts. */
  readonly ticks: number;
  /** Times that the frames of a turn were joined: at most once per cohort and turn. */
  readonly cohortJoins: number;
  /** Times that frames were joined for clients that are behind. */
  readonly behindJoins: number;
  /** Writes of events to sockets. */
  readonly writes: number;
  /** Bytes of these writes. */
  readonly writtenBytes: number;
  /** Events that slow clients were not sent, by the policy of their subscription. */
  readonly skippedEvents: Readonly<Record<'latest' | 'drop', number>>;
}

/** Figures of the filters of live clients. */
export interface FilterFigures {
  /** Different filters. */
  readonly filters: number;
  /** Keys of these filters. */
  readonly keys: number;
}

/** Figures of one stream. */
export interface StreamFigures {
  readonly name: string;
  /** Subscriptions; a client that uses two dialects has two. */
  readonly subscribers: number;
  /** How its runs have ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Messages written to clients. */
  readonly messages: number;
  /** Messages that slow clients were not sent. */
  readonly skipped: number;
  /** Calls of `fetch` that have not ended at their deadline, nor since. */
  readonly abandoned: number;
}

/** Figures of one custom topic. */
export interface CustomTopicFigures {
  readonly name: string;
  readonly subscriptions: number;
  /** Bytes of made events in memory. */
  readonly bytes: number;
  /** Events that are not looked at yet. */
  readonly lag: number;
  /** What became of the events that were looked at. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls of `map` that have not ended at their deadline, nor since. */
  readonly abandoned: number;
}

/** Why connections were ended before anything was known of them. */
export interface EndedConnections {
  /** Their address had all that it may have. */
  readonly address: number;
  /** They had waited longest of too many. */
  readonly unheard: number;
  /** Connections of their address were closed too often for what they sent. */
  readonly blocked: number;
  /** There was no place left at all; the operating system's queue is not counted. */
  readonly full: number;
}

/** Figures of connections that are no WebSocket connections. */
export interface HttpConnectionFigures {
  /** Open ones. */
  readonly open: number;
  /** Of these, those that have not said yet what they want. */
  readonly unheard: number;
  /** Since the start. */
  readonly ended: EndedConnections;
  /** Of those refused by their address, those that were not told why: under TLS all, else those beyond what an address is told in a second. */
  readonly untold: number;
}

/** Figures of the transport. */
export interface TransportFigures {
  /** Handshakes that wait for their turn: with the clients, `maxClients` at most. */
  readonly handshakesWaiting: number;
  /** Handshakes that had to wait, since the start. */
  readonly handshakesDelayed: number;
  /** Clients of which something has come that is to be read in a later turn. */
  readonly readsWaiting: number;
  /** Addresses that have a connection, but for programs of the same machine. */
  readonly clientAddresses: number;
  readonly httpConnections: HttpConnectionFigures;
  /** Closing handshakes that the gateway began, by code. */
  readonly closes: Readonly<Record<number, number>>;
}

/** Figures of everything that clients come to, as the metrics tell them. */
export interface ServerFigures extends HubFigures, TransportFigures {
  /** Subscriptions from the past that are under way. */
  readonly replays: number;
  readonly filters: FilterFigures;
  readonly streams: readonly StreamFigures[];
  readonly customTopics: readonly CustomTopicFigures[];
  readonly commands: { readonly inFlight: number; readonly shared: number; readonly cached: number };
  /** Errors answered, by name. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Addresses whose messages and cost are remembered, and how many were forgotten too soon. */
  readonly rates: { readonly addresses: number; readonly forgotten: number };
  /** Addresses whose connections were closed lately for what they sent. */
  readonly offendingAddresses: number;
}
