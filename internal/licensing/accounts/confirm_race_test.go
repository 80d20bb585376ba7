package accounts_test

import (
	"testing"
	"time"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/accounts/accountstest"
)

// slowSealer lets something happen while a secret is opened.
type slowSealer struct {
	accounts.Sealer
	meanwhile func()
}

func (s slowSealer) Open(place string, sealed []byte) ([]byte, error) {
	s.meanwhile()
	return s.Sealer.Open(place, sealed)
}

// TestNoSessionSlipsPastTwoStepSignIn: a sign-in by password that is under way while two-step sign-in is turned on leaves no session behind.
func TestNoSessionSlipsPastTwoStepSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.member(w.operator(), "anna@example.com")
		_, anna := w.enter("anna@example.com", password)
		if err := w.StartTwoStep(t.Context(), anna, password); err != nil {
			t.Fatal(err)
		}
		state, err := w.TwoStep(t.Context(), anna, "")
		if err != nil {
			t.Fatal(err)
		}
		confirmed := make(chan error, 1)
		config := w.config
		config.Sealer = slowSealer{w.config.Sealer, func() {
			go func() {
				_, err := w.ConfirmTwoStep(t.Context(), anna, accountstest.Code(state.Secret, w.clk.Now()))
				confirmed <- err
			}()
			select {
			case err := <-confirmed: // it did not wait for the sign-in
				confirmed <- err
			case <-time.After(300 * time.Millisecond):
			}
		}}
		thief := accounts.New(w.db, w.access, w.outbox, config)
		token, _, err := thief.Enter(t.Context(), accounts.Attempt{Request: "req", Remote: remote, Address: "anna@example.com", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-confirmed; err != nil {
			t.Fatal(err)
		}
		if w.holds(token) {
			t.Error("a session that no code has opened goes on")
		}
	})
}
