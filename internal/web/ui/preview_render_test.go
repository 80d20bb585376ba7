package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/a-h/templ"

	"chiave/internal/platform/i18n"
	"chiave/internal/web/htmltest"
	"chiave/internal/web/ui"
)

// render returns the page's HTML.
func render(t testing.TB, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPagesAreWellFormedAndStrict(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs() {
		for _, theme := range []ui.Theme{ui.Light, ui.Dark, ui.Auto} {
			for _, p := range previews() {
				t.Run(fmt.Sprintf("%s-%s-%s", p.name, lang, theme), func(t *testing.T) {
					t.Parallel()
					page := render(t, p.content(view(t, lang, theme)))
					for _, fault := range htmltest.Faults(page) {
						t.Error(fault)
					}
					if want := fmt.Sprintf(`<html lang="%s" data-bs-theme="%s">`, lang, theme); !bytes.Contains(page, []byte(want)) {
						t.Errorf("the page lacks %s", want)
					}
				})
			}
		}
	}
}
