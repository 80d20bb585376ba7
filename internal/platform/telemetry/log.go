package telemetry

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"

	"chiave/internal/platform/errs"
)

// SecretValue is implemented by types whose values are never logged.
type SecretValue interface{ SecretValue() }

const withheld = "[withheld]"

// LogOptions says how the log looks.
type LogOptions struct {
	Format string // text or json
	Level  string // debug, info, warn or error
	// Request returns what the context says about the request at hand, such as its id; nil is fine.
	Request func(ctx context.Context) []slog.Attr
}

// NewLogger returns a logger that writes to w. Errors: Invalid "telemetry.log_format", "telemetry.log_level".
func NewLogger(w io.Writer, opts LogOptions) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(opts.Level)); err != nil {
		return nil, errs.New(errs.Invalid, "telemetry.log_level").Wrap(err)
	}
	how := &slog.HandlerOptions{Level: level}
	switch opts.Format {
	case "text":
		return slog.New(guard{slog.NewTextHandler(w, how), opts.Request}), nil
	case "json":
		return slog.New(guard{slog.NewJSONHandler(w, how), opts.Request}), nil
	}
	return nil, errs.New(errs.Invalid, "telemetry.log_format")
}

// guard is a handler that withholds secrets and adds what the context says.
type guard struct {
	next    slog.Handler
	request func(context.Context) []slog.Attr
}

// Enabled reports whether the level is logged.
func (g guard) Enabled(ctx context.Context, level slog.Level) bool { return g.next.Enabled(ctx, level) }

// Handle writes one record.
func (g guard) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(screen(a))
		return true
	})
	if g.request != nil {
		clean.AddAttrs(g.request(ctx)...)
	}
	return g.next.Handle(ctx, clean)
}

// WithAttrs returns a handler that adds attrs to every record.
func (g guard) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = screen(a)
	}
	return guard{g.next.WithAttrs(clean), g.request}
}

// WithGroup returns a handler that puts what follows into a group.
func (g guard) WithGroup(name string) slog.Handler { return guard{g.next.WithGroup(name), g.request} }

// screen returns the attribute with every secret in it withheld.
func screen(a slog.Attr) slog.Attr {
	if secretName(a.Key) {
		return slog.String(a.Key, withheld)
	}
	if _, secret := a.Value.Any().(SecretValue); secret {
		return slog.String(a.Key, withheld)
	}
	v := a.Value.Resolve()
	if _, secret := v.Any().(SecretValue); secret {
		return slog.String(a.Key, withheld)
	}
	if v.Kind() != slog.KindGroup {
		return slog.Attr{Key: a.Key, Value: v}
	}
	members := slices.Clone(v.Group())
	for i, m := range members {
		members[i] = screen(m)
	}
	return slog.Attr{Key: a.Key, Value: slog.GroupValue(members...)}
}

// secretName reports a name under which only a secret can stand. File names of secrets are none.
func secretName(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"password", "passphrase", "secret", "token", "product_key", "authorization", "cookie", "root_key", "signin_link"},
		func(s string) bool { return key == s || strings.HasSuffix(key, "_"+s) })
}
