package webtest

import (
	"encoding/json"
	"path"
	"strings"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
)

// restore gives somebody Password again, and that alone, whatever a form has made of it.
func (w *World) restore(address string) {
	w.t.Helper()
	w.check(w.DB.Housekeep(w.t.Context(), "a test's password", func(tx *db.Tx) error {
		if _, err := tx.Exec("DELETE FROM totp_secrets WHERE user_id = (SELECT user_id FROM user_addresses WHERE address = $1)", address); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE credentials SET password = $1 WHERE user_id = (SELECT user_id FROM user_addresses WHERE address = $2)", w.password, address)
		return err
	}))
}

// Enter opens a session of somebody and returns its row id.
func (w *World) Enter(address string) ids.ID { return w.InPerson(address).Session }

// InPerson opens a session of somebody and returns the actor who is there.
func (w *World) InPerson(address string) audit.Actor {
	w.t.Helper()
	w.restore(address)
	_, session, err := w.Rooms.Accounts.SignIn(w.t.Context(), "test", "192.0.2.1:1", address, Password)
	w.check(err)
	return session.Actor
}

// PasswordLink has a link mailed that sets somebody's password, and returns its secret part.
func (w *World) PasswordLink(address string) string {
	w.t.Helper()
	w.check(w.Rooms.Accounts.Answer(w.t.Context(), "", accounts.Asked{Wish: accounts.WantsPassword, Address: address}))
	return path.Base(w.Mailed(address, notify.PasswordLink)["link"])
}

// Mailed returns the parameters of the newest mail of an event to an address, opened with the installation's key.
func (w *World) Mailed(address, event string) map[string]string {
	w.t.Helper()
	var id ids.ID
	var sealed []byte
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id, body FROM messages WHERE recipient = $1 AND event = $2 ORDER BY id DESC LIMIT 1", strings.ToLower(address), event).Scan(&id, &sealed)
	}))
	plain, err := w.sealer.Open("messages/"+string(id), sealed)
	w.check(err)
	var contents struct{ Params map[string]string }
	w.check(json.Unmarshal(plain, &contents))
	return contents.Params
}
