// Package ui is the portal's design system: the frame of every page and the parts that pages are made of, as templ
// components. Generate after a change: go tool templ generate -path internal/web/ui
//
// A page hands a View (who reads, in which language, theme and time zone) to Layout and puts its own parts inside:
//
//	@ui.Layout(v, ui.Page{Title: v.T("orders.title")}) {
//		@ui.DataTable(v, table)
//	}
//
// Invariants: no inline script and no inline style, so that a strict Content-Security-Policy holds; every part works
// without script; every part meets WCAG 2.2 AA in light and dark; nothing is told by colour alone; sentences come from
// the catalogs or from the caller, already in the reader's language.
//
// The package knows neither rooms nor requests. It asks nobody anything: what may be shown is decided before.
package ui
