package app

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/routes"
)

// unsealedFor is how old the oldest record without a place in the audit log may become before the server calls itself unready.
const unsealedFor = 10 * time.Minute

// probes adds what machines ask about the server, and the embedded files.
func (a *App) probes(table *routes.Table) {
	add := func(path string, h http.Handler, face routes.Face) {
		table.Add(routes.Route{Method: http.MethodGet, Path: path, Face: face, Action: access.Public, Class: routes.Read, Handler: h})
	}
	add("/healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}), routes.Probe)
	add("/readyz", http.HandlerFunc(a.ready), routes.Probe)
}

// check is one reason why the server may not be ready.
type check struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"` // a code; never an error's text
}

// ready answers whether requests can be served, with the reasons why not.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	checks := []check{
		outcome("database", a.DB.Ping(r.Context())),
		outcome("schema", a.DB.CheckSchema(r.Context())),
		outcome("audit", a.auditReady(r.Context())),
		outcome("disk", a.diskReady()),
	}
	status := http.StatusOK
	for _, c := range checks {
		if !c.Ready {
			status = http.StatusServiceUnavailable
		}
	}
	answerJSON(w, status, map[string]any{"ready": status == http.StatusOK, "checks": checks})
}

func outcome(name string, err error) check {
	c := check{Name: name, Ready: err == nil}
	if err != nil {
		c.Reason = errs.CodeOf(err)
	}
	return c
}

// auditReady says that records get their place in the log in time.
func (a *App) auditReady(ctx context.Context) error {
	var oldest time.Time
	var now time.Time
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		return tx.Row("SELECT min(at) FROM audit_records WHERE seq IS NULL").Scan(&oldest)
	})
	if err == nil && !oldest.IsZero() && now.Sub(oldest) > unsealedFor {
		return errs.New(errs.Unavailable, "app.audit_unsealed")
	}
	return err
}

// diskReady says that files can be written beside an SQLite database.
func (a *App) diskReady() error {
	if a.DB.Path() == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(a.DB.Path()), ".ready-")
	if err != nil {
		return errs.New(errs.Unavailable, "app.disk")
	}
	_, err = f.Write(make([]byte, 4096))
	if closed := f.Close(); err == nil {
		err = closed
	}
	os.Remove(f.Name())
	if err != nil {
		return errs.New(errs.Unavailable, "app.disk")
	}
	return nil
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
