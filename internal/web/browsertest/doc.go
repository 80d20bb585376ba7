// Package browsertest runs the portal's pages in Chromium: it starts the browser, opens tabs of a given width, theme
// and language, takes pictures, and asks axe-core about accessibility.
//
// It needs Chromium (Debian: apt-get install chromium) and axe-core (npm ci in internal/web/ui/testdata/axe); a test
// without them fails and says so. Every tab has its own cookies. The package is for tests only and knows no page.
package browsertest
