package i18n

import (
	"testing"
	"time"

	"chiave/internal/platform/errs"
)

// printer prints from a catalog made for the tests.
func printer(t *testing.T, lang Lang) Printer {
	t.Helper()
	c, err := load(locales(
		`{"plain": "Welcome to {portal}", "due": "{name}: {count} by {date}", "rows": {"one": "one row of {file}", "other": "{n} rows of {file}"}}`,
		`{"plain": "Benvenuti in {portal}", "due": "{name}: {count} entro il {date}", "rows": {"one": "una riga di {file}", "other": "{n} righe di {file}"}}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	return c.For(lang)
}

func TestPrinterSentences(t *testing.T) {
	t.Parallel()
	en, it := printer(t, English), printer(t, Italian)
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	tests := []struct{ got, want string }{
		{en.T("x.plain"), "Welcome to Chiave"},
		{it.WithPortal("Licenze Rossi").T("x.plain"), "Benvenuti in Licenze Rossi"},
		{en.T("x.due", "name", "A", "count", 12345, "date", day), "A: 12,345 by 20 Nov 2026"},
		{it.T("x.due", "name", "A", "count", int64(12345), "date", day), "A: 12.345 entro il 20 nov 2026"},
		{en.T("x.due", "name", "A"), "A: ⟦count⟧ by ⟦date⟧"},
		{en.T("x.due", "name"), "⟦name⟧: ⟦count⟧ by ⟦date⟧"},
		{en.T("x.due", "name", "{count}", "count", 1, "date", day), "{count}: 1 by 20 Nov 2026"},
		{en.T("x.nothing"), "⟦x.nothing⟧"},
		{en.T("x.rows"), "⟦x.rows⟧"},
		{en.N("x.plain", 2), "⟦x.plain⟧"},
		{en.N("x.nothing", 2), "⟦x.nothing⟧"},
		{en.N("x.rows", 0, "file", "f"), "0 rows of f"},
		{en.N("x.rows", 1, "file", "f"), "one row of f"},
		{en.N("x.rows", -1, "file", "f"), "-1 rows of f"},
		{it.N("x.rows", 1, "file", "f"), "una riga di f"},
		{it.N("x.rows", 1_000_000, "file", "f"), "1.000.000 righe di f"},
		{en.catalog.For("de").T("x.plain"), "Welcome to Chiave"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestPrinterError(t *testing.T) {
	t.Parallel()
	c, err := load(subject("error", `{"keys.full": "{used} of {limit}"}`, `{"keys.full": "{used} su {limit}"}`))
	if err != nil {
		t.Fatal(err)
	}
	params := errs.Params{"used": 1000, "limit": int64(1000)}
	if got, want := c.For(Italian).Error("keys.full", params), "1.000 su 1.000"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
	if got, want := c.For(English).Error("keys.lost", nil), "⟦error.keys.lost⟧"; got != want {
		t.Errorf("Error = %q, want %q", got, want)
	}
	if p := c.For(English); !p.Has("error.keys.full") || p.Has("error.keys.lost") {
		t.Error("Has does not tell the keys apart")
	}
}

func TestPrinterDatesAndNumbers(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	en, it := printer(t, English), printer(t, Italian)
	summer := time.Date(2026, 7, 31, 22, 30, 0, 0, time.UTC)
	winter := time.Date(2026, 11, 20, 13, 5, 0, 0, time.UTC)
	tests := []struct{ got, want string }{
		{en.Time(winter, rome), "20 Nov 2026, 14:05 CET"},
		{it.Time(winter, rome), "20 nov 2026, 14:05 CET"},
		{it.Time(summer, rome), "1 ago 2026, 00:30 CEST"},
		{en.Time(summer, nil), "31 Jul 2026, 22:30 UTC"},
		{en.Number(0), "0"},
		{en.Number(1234), "1,234"},
		{it.Number(1234), "1.234"},
		{it.Number(-9223372036854775808), "-9.223.372.036.854.775.808"},
	}
	for m := time.January; m <= time.December; m++ {
		day := time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC)
		tests = append(tests, struct{ got, want string }{en.Date(day), day.Format("2 Jan 2006")})
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		user, cookie, header string
		want                 Lang
	}{
		{"", "", "", English},
		{"it", "en", "en", Italian},
		{"", "it", "en", Italian},
		{"", "", "it-IT,it;q=0.9,en;q=0.8", Italian},
		{"", "", "it-CH", Italian},
		{"", "", "IT", Italian},
		{"", "", "en;q=0.5, it;q=0.7", Italian},
		{"", "", "it;q=0.5, en;q=0.7", English},
		{"", "", "it;q=0", English},
		{"", "", "de-DE, it;q=0.3", Italian},
		{"", "", "de, *", English},
		{"", "", "it, en", Italian},
		{"", "", "it;q=zwei, en;q=0.1", English},
		{"", "", "it;q=7", English},
		{"de", "fr", "it", Italian},
		{"en", "it", "it", English},
		{"<script>", "it", "", Italian},
	}
	for _, test := range tests {
		if got := Negotiate(test.user, test.cookie, test.header); got != test.want {
			t.Errorf("Negotiate(%q, %q, %q) = %s, want %s", test.user, test.cookie, test.header, got, test.want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("it-IT,it;q=0.9,en;q=0.8")
	f.Add(";;;,,q=,it;q=NaN")
	f.Fuzz(func(t *testing.T, header string) {
		if got := Negotiate("", "", header); got != English && got != Italian {
			t.Errorf("Negotiate(%q) = %q", header, got)
		}
	})
}
