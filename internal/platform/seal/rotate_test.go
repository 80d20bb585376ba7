package seal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
)

// recorded stands for the caller's audit record.
func recorded(tx *db.Tx, _ Key) error {
	tx.Audited()
	return nil
}

func rotate(t *testing.T, s *Sealer, purpose Purpose) Key {
	t.Helper()
	k, err := s.Rotate(t.Context(), purpose, recorded)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestRotatedWrapKeyIsUsedOnceEveryReplicaKnowsIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		file := rootFile(t)
		a, b := open(t, d, file), open(t, d, file)
		old := seal(t, a, "old")
		made := rotate(t, a, Wrap)
		if got := seal(t, a, "early"); keyOf(got) != keyOf(old) {
			t.Error("the new key was used before its time")
		}
		clk.Advance(sharedLead)
		refresh(t, a)
		young := seal(t, a, "young")
		if keyOf(young) != string(made.ID) {
			t.Errorf("sealed by %s, want %s", keyOf(young), made.ID)
		}
		for text, sealed := range map[string][]byte{"old": old, "young": young} { // b has not looked again by itself
			if got, err := b.Open("rows/"+text, sealed); err != nil || string(got) != text {
				t.Errorf("%s: opened %q, %v", text, got, err)
			}
		}
		if got, err := open(t, d, file).Open("rows/old", old); err != nil || string(got) != "old" {
			t.Errorf("after a restart: opened %q, %v", got, err)
		}
	})
}

func TestSigningKeyIsPublishedBeforeItSigns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		file := rootFile(t)
		a, b := open(t, d, file), open(t, d, file)
		states := func(s *Sealer) (signer string, published []State) {
			read(t, d, func(tx *db.Tx) error {
				sg, err := s.Signer(tx)
				if err != nil {
					return err
				}
				keys, err := s.PublicKeys(tx)
				for _, k := range keys {
					published = append(published, k.State)
				}
				signature, _ := sg.Sign([]byte("m"))
				if i := slices.IndexFunc(keys, func(k Key) bool { return string(k.ID) == sg.KeyID() }); i < 0 || !ed25519.Verify(keys[i].Public, []byte("m"), signature) {
					t.Error("the key that signs is not published")
				}
				signer = sg.KeyID()
				return err
			})
			return signer, published
		}
		first, published := states(a)
		if !slices.Equal(published, []State{Active}) {
			t.Errorf("at first: %v", published)
		}
		made := rotate(t, a, Signing)
		clk.Advance(RefreshEvery)
		for _, s := range []*Sealer{a, b} {
			if signer, published := states(s); signer != first || !slices.Equal(published, []State{Active, Published}) {
				t.Errorf("after rotation: signer %s, published %v", signer, published)
			}
		}
		clk.Advance(signingLead)
		for _, s := range []*Sealer{a, b} {
			if signer, published := states(s); signer != string(made.ID) || !slices.Equal(published, []State{Active, Retired}) {
				t.Errorf("after its time has come: signer %s, published %v", signer, published)
			}
		}
	})
}

func TestRotationIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		s := open(t, d, rootFile(t))
		for _, p := range []Purpose{Lookup, Audit, "other"} {
			if _, err := s.Rotate(t.Context(), p, recorded); errs.CodeOf(err) != "seal.not_rotated" {
				t.Errorf("%s: %v", p, err)
			}
		}
		boom := errors.New("boom")
		if _, err := s.Rotate(t.Context(), Wrap, func(*db.Tx, Key) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("audit record failed: %v", err)
		}
		if _, err := s.Rotate(t.Context(), Wrap, func(*db.Tx, Key) error { return nil }); err == nil {
			t.Error("rotated without an audit record")
		}
		rotate(t, s, Wrap)
		if _, err := s.Rotate(t.Context(), Wrap, recorded); errs.CodeOf(err) != "seal.rotation_pending" {
			t.Errorf("a second rotation at once: %v", err)
		}
		rotate(t, s, Link)
	})
}

func TestRotationUnderLoadFailsNoRequest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		file := rootFile(t)
		replicas := []*Sealer{open(t, d, file), open(t, d, file)}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for i := worker; ctx.Err() == nil; i++ {
					if err := exchange(d, replicas[i%2], replicas[(i+1)%2]); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 5 {
			for _, p := range []Purpose{Wrap, Cursor, Signing} {
				rotate(t, replicas[0], p)
			}
			for range int(sharedLead / RefreshEvery) {
				clk.Advance(RefreshEvery)
				refresh(t, replicas[0])
				refresh(t, replicas[1])
			}
			clk.Advance(signingLead)
		}
		stop()
		all.Wait()
		var keys int
		read(t, d, func(tx *db.Tx) error {
			return tx.Row("SELECT count(*) FROM sealed_keys WHERE purpose = 'wrap'").Scan(&keys)
		})
		if keys != 6 {
			t.Errorf("%d wrap keys, want 6", keys)
		}
	})
}

// exchange is a request on one replica whose answer the other must understand.
func exchange(d *db.DB, from, to *Sealer) error {
	sealed, err := from.Seal("rows/x", []byte("x"))
	if err != nil {
		return err
	}
	if _, err := to.Open("rows/x", sealed); err != nil {
		return err
	}
	mac, err := from.MAC(Cursor, []byte("x"))
	if err != nil {
		return err
	}
	if !to.CheckMAC(Cursor, []byte("x"), mac) {
		return errors.New("the other replica refused a cursor")
	}
	return d.Read(context.Background(), func(tx *db.Tx) error {
		signer, err := from.Signer(tx)
		if err != nil {
			return err
		}
		keys, err := to.PublicKeys(tx)
		if err == nil && !slices.ContainsFunc(keys, func(k Key) bool { return string(k.ID) == signer.KeyID() }) {
			err = errors.New("signed by a key that the other replica does not publish")
		}
		return err
	})
}

func TestRunTakesNewLooksUntilItIsStopped(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.URL(t, db.SQLite), clock.NewManual(dbtest.Start))
	s := open(t, d, rootFile(t))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, func(err error) { t.Errorf("refreshing: %v", err) })
	}()
	stop()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not stop")
	}
}

func seal(t *testing.T, s *Sealer, text string) []byte {
	t.Helper()
	sealed, err := s.Seal("rows/"+text, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func keyOf(sealed []byte) string {
	id, _ := envelopeKey(sealed)
	return string(id)
}

func refresh(t *testing.T, s *Sealer) {
	t.Helper()
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}
