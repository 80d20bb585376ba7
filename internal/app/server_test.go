package app

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// A body that stops coming is given up, and one that comes is read, however short the grace of the other was.
func TestABodyThatStopsComingIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace time.Duration
		sent  string // of ten bytes
		gone  bool
	}{
		"half of it": {time.Millisecond, "12345", true},
		"all of it":  {time.Hour, "1234567890", false},
	} {
		read := make(chan error, 1)
		server := httptest.NewServer(paced(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
		}), c.grace))
		defer server.Close()
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n%s", c.sent); err != nil {
			t.Fatal(err)
		}
		if err := <-read; errors.Is(err, os.ErrDeadlineExceeded) != c.gone || err != nil && !c.gone {
			t.Errorf("%s: %v", name, err)
		}
	}
}
