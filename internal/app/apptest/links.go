package apptest

import (
	"encoding/json"
	"path"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Enter signs somebody in with Password, whatever the person has made of it since.
func (w *World) Enter(address string) (token string, session ids.ID) {
	w.t.Helper()
	token, entered, err := w.App.Accounts.SignIn(w.t.Context(), "test", "127.0.0.1:1", address, Password)
	if errs.CodeOf(err) == "accounts.credentials" {
		w.Change("UPDATE credentials SET password = $1 WHERE user_id = $2", w.password, w.Actors[address].ID)
		token, entered, err = w.App.Accounts.SignIn(w.t.Context(), "test", "127.0.0.1:1", address, Password)
	}
	w.check(err)
	return token, entered.Actor.Session
}

// PasswordLink has a link mailed that sets somebody's password, and returns its secret part.
func (w *World) PasswordLink(address string) string {
	w.t.Helper()
	w.check(w.App.Accounts.Answer(w.t.Context(), "", accounts.Asked{Wish: accounts.WantsPassword, Address: address}))
	return path.Base(w.Mailed(address, notify.PasswordLink)["link"])
}

// Mailed returns the parameters of the newest mail of an event to an address.
func (w *World) Mailed(address, event string) map[string]string {
	w.t.Helper()
	var id ids.ID
	var sealed []byte
	w.check(w.App.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id, body FROM messages WHERE recipient = $1 AND event = $2 ORDER BY id DESC LIMIT 1", address, event).Scan(&id, &sealed)
	}))
	plain, err := w.App.Sealer.Open("messages/"+string(id), sealed)
	w.check(err)
	var contents struct{ Params map[string]string }
	w.check(json.Unmarshal(plain, &contents))
	return contents.Params
}
