//go:build !linux && !darwin && !freebsd

package app

// freeSpace knows nothing here.
func freeSpace(string) (bytes uint64, known bool) { return 0, false }
