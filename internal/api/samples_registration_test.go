package api_test

import (
	"fmt"
	"path"

	"chiave/internal/app/apptest"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/registration"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

// network is one that no mail was asked from yet: each has a limit of its own.
func (s side) network() string {
	id := ids.New(dbtest.Start)
	return fmt.Sprintf("10.%d.%d.1:1", id[len(id)-1], id[len(id)-2])
}

// signup is a new one, with the code that its mail brings.
func (s side) signup() (wire, code string) {
	address := s.address()
	wire = s.wire(registration.Wire, func() ids.ID {
		s.w.Change("DELETE FROM signin_failures") // tests ask for more mails than a network may
		up, err := s.w.App.Registration.Start(s.t.Context(), "test", s.network(), address, i18n.Italian)
		s.check(err)
		s.check(s.w.App.Registration.MailCode(s.t.Context(), registration.Mail{ID: up.ID}))
		code = s.w.Mailed(address, notify.SignupCode)["code"]
		return up.ID
	})
	return wire, code
}

// claim is the secret part of a link that joins an address to the Administrator's account.
func (s side) claim() (token string) {
	address := s.address()
	if s.admin == "" {
		return "nothing"
	}
	s.w.Change("DELETE FROM signin_failures")
	s.check(s.w.App.Registration.Claim(s.t.Context(), s.w.Actors[s.admin], s.network(), address))
	var id ids.ID
	s.check(s.w.App.DB.Read(s.t.Context(), func(tx *db.Tx) error {
		return tx.Row("SELECT id FROM address_claims WHERE address = $1", address).Scan(&id)
	}))
	s.check(s.w.App.Registration.MailLink(s.t.Context(), registration.Mail{ID: id}))
	return path.Base(s.w.Mailed(address, notify.AddressClaimed)["link"])
}

// registering are the samples of those who prove an address.
func registering() map[string]func(s side) sample {
	const all, claim = v1 + "/registrations", v1 + "/address-claim"
	bySession := func(x sample) sample {
		x.form = "session"
		return x
	}
	return map[string]func(s side) sample{
		"POST /api/v1/registrations": func(s side) sample { return inJSON(all, `{"email": %q, "language": "it"}`, s.address()) },
		"POST /api/v1/registrations/{registration}/code": func(s side) sample {
			wire, _ := s.signup()
			return sample{path: all + "/" + wire + "/code"}
		},
		"POST /api/v1/registrations/{registration}/completion": func(s side) sample {
			wire, code := s.signup()
			return inJSON(all+"/"+wire+"/completion", `{"code": %q, "first_name": "Ada", "last_name": "Neri", "country": "IT", "language": "it", "password": %q}`, code, apptest.Password)
		},
		"GET /api/v1/address-claim": at(claim),
		"POST /api/v1/address-claim": func(s side) sample {
			return bySession(inJSON(claim, `{"email": %q}`, s.address()))
		},
		"POST /api/v1/address-claim/proof": func(s side) sample { return bySession(inJSON(claim+"/proof", `{"token": %q}`, s.claim())) },
	}
}
