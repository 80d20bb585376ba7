package cli

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"chiave/internal/platform/errs"
)

// TestTheCauseIsSaid: a database that does not work has one, and "cannot be reached or is full" leaves it open.
func TestTheCauseIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, line := range []string{"backup DIR/b --database sqlite:DIR", "migrate --database sqlite:DIR", "audit verify --database sqlite:DIR"} {
		if code, _, said := w.run(line); code != exitUnavailable || !strings.Contains(said, "(unable to open database file") {
			t.Errorf("%s: exit code %d, %s", line, code, said)
		}
	}
	s := &session{globals: &globals{}, out: catalog(t).For("en")}
	full := fmt.Errorf("x: %w", errors.Join(fmt.Errorf("mkdir: %w", syscall.ENOSPC), errors.New("tidying")))
	if p, _ := s.problem(full); !strings.HasSuffix(p.Title, ": no space left on device") {
		t.Errorf("got %s", p.Title)
	}
	unwritable := errs.New(errs.Unavailable, "backup.unwritable", errs.Params{"directory": "d"}).Wrap(full)
	if p, _ := s.problem(unwritable); p.Title != "The backup cannot be written to d. The database is as it was. (no space left on device)" {
		t.Errorf("got %s", p.Title)
	}
}
