// Package webtest is an installation with plausible customers for tests of the portal: real rooms on a real database, filled through
// the services, and browsers that hold a cookie.
package webtest
