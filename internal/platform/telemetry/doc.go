// Package telemetry sets up the log and keeps the counters that an operator watches.
//
// The log is slog's, as text or JSON. A guard stands before it: an attribute whose name says that it is a secret, or whose
// value is a SecretValue, is withheld, wherever it is nested. It is the second line of defence; the first is that nobody
// hands a secret to the log.
//
// The Registry keeps counters, gauges and histograms and answers in the Prometheus text format, version 0.0.4. Labels are
// for values from short closed lists (a route's pattern, a status, an outcome), never for ids, addresses or keys. A
// metric keeps at most maxSeries combinations; what comes beyond is counted under the label value "other".
//
// The package knows no request and no room: what the context says about a request is asked from a function it is given.
package telemetry
