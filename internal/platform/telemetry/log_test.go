package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/telemetry"
)

type pin string

func (pin) SecretValue() {}

// hidden resolves to a secret.
type hidden struct{}

func (hidden) LogValue() slog.Value { return slog.AnyValue(pin("hunter2")) }

type requestKey struct{}

func logger(t *testing.T, b *strings.Builder, format, level string) *slog.Logger {
	t.Helper()
	l, err := telemetry.NewLogger(b, telemetry.LogOptions{Format: format, Level: level, Request: func(ctx context.Context) []slog.Attr {
		id, ok := ctx.Value(requestKey{}).(string)
		if !ok {
			return nil
		}
		return []slog.Attr{slog.String("request", id)}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheGuardWithholdsSecretsEverywhere(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var b strings.Builder
		l := logger(t, &b, format, "debug")
		l.Info("a", "code", pin("hunter2"), "password", "hunter2", "api_token", "hunter2", "Cookie", "hunter2", "lazy", hidden{})
		l.Info("b", slog.Group("outer", "fine", 1, slog.Group("inner", "code", pin("hunter2"), "smtp_password", "hunter2")))
		l.With("secret", "hunter2", "code", pin("hunter2")).WithGroup("g").Error("c", "authorization", "Bearer hunter2")
		if strings.Contains(b.String(), "hunter2") {
			t.Errorf("%s: a secret got into the log:\n%s", format, b.String())
		}
		if got := strings.Count(b.String(), "[withheld]"); got != 10 {
			t.Errorf("%s: %d withheld, want 10:\n%s", format, got, b.String())
		}
	}
}

func TestTheLogSaysWhatItIsTold(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l := logger(t, &b, "json", "info")
	l.Debug("not shown")
	ctx := context.WithValue(t.Context(), requestKey{}, "0af1")
	l.With("room", "keys").InfoContext(ctx, "hello", "n", 3, "smtp_password_file", "/etc/x", "error", errors.New("boom"), slog.Group("g", "a", true))
	var got map[string]any
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	delete(got, "time")
	text, _ := json.Marshal(got)
	if want := `{"error":"boom","g":{"a":true},"level":"INFO","msg":"hello","n":3,"request":"0af1","room":"keys","smtp_password_file":"/etc/x"}`; string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestBadLogOptions(t *testing.T) {
	t.Parallel()
	for code, opts := range map[string]telemetry.LogOptions{
		"telemetry.log_level":  {Format: "json", Level: "loud"},
		"telemetry.log_format": {Format: "xml", Level: "info"},
	} {
		if _, err := telemetry.NewLogger(&strings.Builder{}, opts); errs.CodeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}
