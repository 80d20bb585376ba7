package activation_test

import (
	"context"
	"crypto/ed25519"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
)

// benchClients is how many computers ask at the same time.
const benchClients = 64

// BenchmarkActivate has 64 clients activate new computers with one key, durably, and compares that with bare Ed25519
// signing, measured in the same run on all processors.
func BenchmarkActivate(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			d, err := db.Open(b.Context(), db.Config{URL: dbtest.URL(b, engine)})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { d.Close() })
			w := newWorld(b, d)
			w.Service.Stop()
			workers := 1
			if engine == db.Postgres {
				workers = 1
			}
			s := newService(b, w.World, workers)
			_, code := w.MAK(w.licensing, 1_000_000_000)
			signing := signingRate(b)
			var next atomic.Int64
			b.ResetTimer()
			clients(b, s, code, &next)
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "activations/s")
			b.ReportMetric(rate/signing, "of-signing")
		})
	}
}

// clients shares b.N activations among the clients.
func clients(b *testing.B, s *activation.Service, code keys.Code, next *atomic.Int64) {
	var wait sync.WaitGroup
	for range benchClients {
		wait.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				r := activation.Request{Code: code, InstallationID: installation(int(n)), Product: "NIB-STD", Machine: "PC"}
				if _, err := s.Activate(context.Background(), "", r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// signingRate returns how many messages of a token's size all processors sign in a second.
func signingRate(b *testing.B) float64 {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 400)
	var signed atomic.Int64
	began := time.Now()
	var wait sync.WaitGroup
	for range benchClients {
		wait.Go(func() {
			for time.Since(began) < time.Second {
				ed25519.Sign(private, message)
				signed.Add(1)
			}
		})
	}
	wait.Wait()
	return float64(signed.Load()) / time.Since(began).Seconds()
}
