package webtest

import (
	"fmt"
	"path"

	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// remote is a network that no mail was asked from yet: each has a limit of its own.
func (w *World) remote() string {
	*w.asked++
	return fmt.Sprintf("10.%d.%d.1:1", *w.asked/250, *w.asked%250)
}

// Signup starts to register an address and returns what the page and the mail say: the sign-up's id and the code.
func (w *World) Signup(address string) (wire, code string) {
	w.t.Helper()
	up, err := w.Rooms.Registration.Start(w.t.Context(), "test", w.remote(), address, i18n.Italian)
	w.check(err)
	w.check(w.Rooms.Registration.MailCode(w.t.Context(), registration.Mail{ID: up.ID}))
	return registration.Wire.Wire(up.ID), w.Mailed(address, notify.SignupCode)["code"]
}

// Claimed has somebody state another address, and returns the secret part of the link in its mail.
func (w *World) Claimed(who, address string) string {
	w.t.Helper()
	w.check(w.Rooms.Registration.Claim(w.t.Context(), w.actor(who), w.remote(), address))
	var id ids.ID
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM address_claims WHERE address = $1", address).Scan(&id)
	}))
	w.check(w.Rooms.Registration.MailLink(w.t.Context(), registration.Mail{ID: id}))
	return path.Base(w.Mailed(address, notify.AddressClaimed)["link"])
}

// actor is somebody by address.
func (w *World) actor(address string) audit.Actor {
	w.t.Helper()
	a := audit.Actor{Kind: audit.User, Request: "test"}
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT user_id FROM user_addresses WHERE address = $1", address).Scan(&a.ID)
	}))
	return a
}

// Arrive lets somebody with an address come in by an invitation.
func (w *World) Arrive(address string) {
	w.t.Helper()
	w.arrive(address, "Rita", "Costa", i18n.English, "ROSSI")
}

// Code is the signup code that was mailed last to an address, for the sign-up that waits for it.
func (w *World) Code(address string) string {
	w.t.Helper()
	var id ids.ID
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM signups WHERE address = $1 AND used_at IS NULL ORDER BY id DESC LIMIT 1", address).Scan(&id)
	}))
	w.check(w.Rooms.Registration.MailCode(w.t.Context(), registration.Mail{ID: id}))
	return w.Mailed(address, notify.SignupCode)["code"]
}
