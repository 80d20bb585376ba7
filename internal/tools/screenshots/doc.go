// Package screenshots takes pictures of every page of the portal: in both languages, light and dark, from phone to wide screen.
//
// It looks at the real program with its demo. Every page of the route table is in its list or left out with a reason; a
// page that does not come up, that complains in the browser, or that is wider than the screen is a failure. The pictures are
// taken by tests under the build tag "screenshots", which scripts/screenshots runs; the list is checked by the usual tests.
package screenshots
