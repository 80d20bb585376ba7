package activation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

// stampede has clients activate computers 0 to machines-1 with one key, each of them at every service, and returns who got in.
func stampede(t *testing.T, services []*activation.Service, code keys.Code, clients, machines int) map[string]string {
	t.Helper()
	var mu sync.Mutex
	got := map[string]string{} // activation by computer
	next := make(chan int)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for n := range next {
				r, err := services[n%len(services)].Activate(context.Background(), "", activation.Request{Code: code, InstallationID: installation(n / len(services)), Product: "NIB-STD"})
				mu.Lock()
				switch had := got[installation(n/len(services))]; {
				case err == nil && had != "" && had != string(r.ID):
					t.Errorf("computer %d has the activations %s and %s", n/len(services), had, r.ID)
				case err == nil:
					got[r.InstallationID] = string(r.ID)
				case !errors.Is(err, errs.New(errs.Limited, "activation.none_left")):
					t.Errorf("computer %d: %v", n/len(services), err)
				}
				mu.Unlock()
			}
		})
	}
	for n := range machines * len(services) {
		next <- n
	}
	close(next)
	wait.Wait()
	return got
}

func (w *world) agree(t *testing.T, key keys.Key, got map[string]string) {
	t.Helper()
	if used, rows := w.used(key.ID), w.rows(key.ID); int64(len(got)) != key.Limit || used != key.Limit || rows != key.Limit || w.records("activation.activated") != key.Limit {
		t.Errorf("%d got in, %d used, %d rows, %d on record; want %d of each", len(got), used, rows, w.records("activation.activated"), key.Limit)
	}
}

func TestAStampedeEndsExactlyAtTheLimit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		key, code := w.MAK(w.licensing, 1000)
		w.agree(t, key, stampede(t, []*activation.Service{w.Service}, code, 64, 3000))
	})
}

func TestTwoServersWithWrongClocksEndExactlyAtTheLimit(t *testing.T) {
	t.Parallel()
	dsn := dbtest.URL(t, db.Postgres)
	began := time.Now()
	w := newWorld(t, openSkewed(t, dsn, -5*time.Minute))
	key, code := w.MAK(w.licensing, 1000)
	services := []*activation.Service{w.Service}
	w.Join(openSkewed(t, dsn, 5*time.Minute))
	services = append(services, newService(t, w.World, 2))
	w.agree(t, key, stampede(t, services, code, 64, 3000)) // each computer asks both servers

	span := w.Count("SELECT max(activated_at) - min(activated_at) FROM activations")
	if most := time.Since(began); time.Duration(span)*time.Microsecond > most {
		t.Errorf("the instants lie %s apart in a test of %s: the servers do not agree on the time", time.Duration(span)*time.Microsecond, most)
	}
}

// openSkewed opens a server's handle whose own clock is wrong.
func openSkewed(t *testing.T, dsn string, by time.Duration) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: dsn, Clock: clock.Skewed{Of: clock.System{}, By: by}, MaxConns: 8, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestOneBatchMayNameManyKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w := newWorld(t, d)
		w.Service.Stop()
		slow := activation.New(w.Access, w.Sealer, func(tx *db.Tx) (activation.Signer, error) { return w.Sealer.Signer(tx) }, issuer)
		t.Cleanup(slow.Stop)
		_, wide := w.MAK(w.licensing, 100)
		_, narrow := w.MAK(w.licensing, 1)
		spent, none := w.MAK(w.licensing, 1)
		w.Do(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE product_keys SET used = 1 WHERE id = $1", spent.ID)
			return err
		})
		unknown, err := keys.Generate(strings.NewReader(strings.Repeat("unknown", 9)))
		if err != nil {
			t.Fatal(err)
		}
		asks := []struct {
			code     keys.Code
			computer int
			want     string
		}{
			{wide, 1, ""}, {narrow, 1, ""}, {wide, 1, "again"}, {none, 1, "activation.none_left"}, {narrow, 2, "activation.none_left"},
			{narrow, 1, "again"}, {unknown, 1, "activation.key_unknown"}, {wide, 2, ""}, {narrow, 2, "activation.none_left"},
		}
		answers := make([]chan string, len(asks))
		for i, ask := range asks {
			answers[i] = make(chan string, 1)
			asked := slow.Waiting()
			go func() {
				r, err := slow.Activate(context.Background(), "", activation.Request{Code: ask.code, InstallationID: installation(ask.computer), Product: "NIB-STD"})
				switch {
				case err != nil:
					answers[i] <- errs.CodeOf(err)
				case r.Again:
					answers[i] <- "again"
				default:
					answers[i] <- ""
				}
			}()
			for slow.Waiting() == asked { // in this order, and before any worker is there
			}
		}
		slow.Start(1)
		for i, ask := range asks {
			if got := <-answers[i]; got != ask.want {
				t.Errorf("request %d: %q, want %q", i, got, ask.want)
			}
		}
		if got := fmt.Sprint(w.Count("SELECT count(*) FROM activations"), w.Count("SELECT sum(used) FROM product_keys")); got != "3 4" {
			t.Errorf("rows and used: %s, want 3 4", got)
		}
	})
}
