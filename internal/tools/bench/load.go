package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests on several connections until a time is over, each connection one after the other. It is written by hand because it
// runs on the processors that are measured: net/http's client would cost as much as the server.
type load struct {
	connections int
	// body appends the next request's body.
	body func(to []byte) []byte
}

// outcome is what a load has seen.
type outcome struct {
	answered int64 // with success; anything else is an error
	took     time.Duration
}

func (o outcome) perSecond() float64 { return float64(o.answered) / o.took.Seconds() }

// fire runs the load against a server for a time.
func (l load) fire(ctx context.Context, base, path string, d time.Duration) (outcome, error) {
	u, err := url.Parse(base)
	if err != nil {
		return outcome{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var answered atomic.Int64
	failed := make([]error, l.connections)
	var all sync.WaitGroup
	began := time.Now()
	for i := range l.connections {
		all.Go(func() {
			failed[i] = l.connection(ctx, u.Host, path, began.Add(d), &answered)
			if failed[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	return outcome{answered.Load(), time.Since(began)}, errors.Join(failed...)
}

func (l load) connection(ctx context.Context, host, path string, until time.Time, answered *atomic.Int64) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(until.Add(20 * time.Second))
	r := bufio.NewReader(conn)
	head := "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nContent-Length: "
	var request, body []byte
	for time.Now().Before(until) && ctx.Err() == nil {
		body = l.body(body[:0])
		request = append(request[:0], head...)
		request = strconv.AppendInt(request, int64(len(body)), 10)
		request = append(append(request, "\r\n\r\n"...), body...)
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := answer(r); err != nil {
			return err
		}
		answered.Add(1)
	}
	return nil
}

// answer reads one answer, which must be a success of known length.
func answer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	success := bytes.HasPrefix(line, []byte("HTTP/1.1 2"))
	status := string(bytes.TrimSpace(line[:min(len(line), 40)]))
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("an answer of unknown length: %s", status)
	}
	if success {
		_, err := r.Discard(length)
		return err
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(min(length, 2000))))
	return errors.Join(fmt.Errorf("%s: %s", status, text), err)
}
