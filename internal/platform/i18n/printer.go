package i18n

import (
	"fmt"
	"time"

	"chiave/internal/platform/errs"
)

// Printer prints sentences, dates and numbers in one language. It is a small value, made by Catalog.For.
type Printer struct {
	catalog *Catalog
	lang    Lang
	portal  string
}

// WithPortal returns the printer with the portal's name, which fills {portal}.
func (p Printer) WithPortal(name string) Printer {
	p.portal = name
	return p
}

// Portal returns the portal's name.
func (p Printer) Portal() string { return p.portal }

// Lang returns the printer's language.
func (p Printer) Lang() Lang { return p.lang }

// Has reports whether the catalogs have key. Faces ask it before they show a sentence that only some codes have.
func (p Printer) Has(key string) bool {
	_, ok := p.catalog.messages[p.lang][key]
	return ok
}

// T prints the sentence key. args are names and values by turns, as in log/slog: T("orders.late", "date", due). A value
// is printed by its type: text as it is, whole numbers by Number, things with a calendar day by Date. An unknown key,
// a plural, or a parameter without value stays visible between ⟦ and ⟧.
func (p Printer) T(key string, args ...any) string {
	m, ok := p.catalog.messages[p.lang][key]
	if !ok || m.plural {
		return loud(key)
	}
	return m.other.print(p.values(args))
}

// N prints the plural key for n, which fills {n}: the form one for exactly 1, other for everything else, in both
// languages. args are as in T.
func (p Printer) N(key string, n int64, args ...any) string {
	m, ok := p.catalog.messages[p.lang][key]
	if !ok || !m.plural {
		return loud(key)
	}
	values := p.values(append([]any{"n", n}, args...))
	if n == 1 {
		return m.one.print(values)
	}
	return m.other.print(values)
}

// Error prints the sentence of an error's code ("error." + code) with its parameters. A code that has no sentence is
// shown between ⟦ and ⟧.
func (p Printer) Error(code string, params errs.Params) string {
	args := make([]any, 0, 2*len(params))
	for name, value := range params {
		args = append(args, name, value)
	}
	return p.T("error."+code, args...)
}

// values looks names up in args.
func (p Printer) values(args []any) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return p.value(args[i+1]), true
			}
		}
		return p.portal, name == portalParam
	}
}

// value prints a parameter by its type.
func (p Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(int64(v))
	case int32:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case Day:
		return p.Date(v)
	default:
		return fmt.Sprint(v)
	}
}

// Day is anything with a calendar day; time.Time is one.
type Day interface {
	Date() (year int, month time.Month, day int)
}

// months returns the language's short names of the months.
func (p Printer) months() [12]string {
	if p.lang == Italian {
		return [12]string{"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"}
	}
	return [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
}

// Date prints a calendar day: 20 Nov 2026, 20 nov 2026.
func (p Printer) Date(d Day) string {
	year, month, day := d.Date()
	return fmt.Sprintf("%d %s %d", day, p.months()[month-1], year)
}

// Time prints an instant as the clocks of loc show it, with the zone, so that a deadline cannot be misread (L10N-03):
// 20 Nov 2026, 14:05 CET. A nil loc is UTC.
func (p Printer) Time(instant time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	local := instant.In(loc)
	return p.Date(local) + ", " + local.Format("15:04 MST")
}

// Number prints a whole number with the language's thousands separator: 12,345 and 12.345.
func (p Printer) Number(n int64) string { return p.catalog.numbers[p.lang].Sprintf("%d", n) }
