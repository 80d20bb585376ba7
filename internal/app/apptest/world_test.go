package apptest

import "testing"

func TestAWorldStandsOnBothEngines(t *testing.T) {
	t.Parallel()
	Each(t, func(t *testing.T, w *World) {
		if len(w.Tokens) != 6 || len(w.Keys) != 3 || len(w.IDs) != 3 {
			t.Errorf("got %d people, %d keys, %d Licensing IDs", len(w.Tokens), len(w.Keys), len(w.IDs))
		}
		before := len(w.Audited())
		w.Open() // as after a restart
		if after := len(w.Audited()); before == 0 || after != before {
			t.Errorf("%d records before the restart, %d after it", before, after)
		}
	})
}
