package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Widths of the pages that tests look at, in CSS pixels.
const (
	Phone   = 390
	Desktop = 1280
)

// Look is how a tab looks at pages.
type Look struct {
	Width    int    // CSS pixels; 0 is Desktop
	Dark     bool   // the system prefers dark
	Lang     string // Accept-Language; empty is the browser's own
	NoScript bool
}

// Tab is a tab with its own cookies.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// Tab opens a tab, which the test closes.
func (b *Browser) Tab(t testing.TB, look Look) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx}
	tab.Do(look.apply())
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("listening to the tab: %v", err)
	}
	return tab
}

// Resize makes the tab's pages as wide as that, in CSS pixels.
func (tab *Tab) Resize(width int) {
	tab.t.Helper()
	tab.Do(resize(width))
}

func resize(width int) chromedp.Action[chromedp.Void] {
	height := 900
	if width <= Phone {
		height = 844
	}
	return chromedp.EmulateViewport(int64(width), int64(height))
}

// apply gives the tab its look.
func (l Look) apply() chromedp.Action[chromedp.Void] {
	width, scheme := l.Width, "light"
	if width == 0 {
		width = Desktop
	}
	if l.Dark {
		scheme = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := resize(width)(ctx, t); err != nil {
			return err
		}
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
			return err
		}
		if l.Lang != "" {
			headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.Lang}}
			if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, headers); err != nil {
				return err
			}
		}
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoScript})
		return err
	})
}

// hear keeps what the browser complains about.
func (tab *Tab) hear(event any) {
	var fault string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		fault = fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
	case *runtime.EventExceptionThrown:
		fault = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.faults = append(tab.faults, fault)
}

// Faults returns what the browser complained about so far: scripts that failed, files that did not load, breaches of
// the Content-Security-Policy.
func (tab *Tab) Faults() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.faults)
}

// Context returns the tab's chromedp context, for actions that this package does not have.
func (tab *Tab) Context() context.Context { return tab.ctx }

// Do runs actions; an error ends the test.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, actions...); err != nil {
		tab.t.Fatalf("in the browser: %v", err)
	}
}

// Open goes to an address and waits until the page has loaded.
func (tab *Tab) Open(address string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(address))
}

// Eval returns the value of a JavaScript expression; a promise is waited for.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	await := func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }
	value, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression, await))
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Screenshot returns the whole page as PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.t.Fatalf("taking a picture: %v", err)
	}
	return picture
}

// SaveScreenshot writes a picture of the whole page to dir/name.png; an empty dir writes nothing.
func (tab *Tab) SaveScreenshot(dir, name string) {
	tab.t.Helper()
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), tab.Screenshot(), 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
