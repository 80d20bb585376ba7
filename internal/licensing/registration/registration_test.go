package registration_test

import (
	"context"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/registration"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/licensing/tenants"
	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
)

const (
	remote   = "192.0.2.7:40000"
	password = "tre sentieri nel bosco"
)

// world is two customers; Dario administers the tenant of Alba, which has verified alba.example.
type world struct {
	*requeststest.World
	*registration.Service
	tenants *tenants.Service
	alba    ids.ID
	dario   audit.Actor
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	requeststest.Each(t, func(t *testing.T, rooms *requeststest.World) {
		w := &world{World: rooms, dario: rooms.Person("dario@alba.example", "Dario", "Sala")}
		dns := tenantstest.ServeDNS(t)
		w.tenants = tenants.New(tenants.Needs{Access: rooms.Access, Accounts: rooms.Accounts, Mail: rooms.Notify, DNS: tenants.ResolverAt(dns.Address), BaseURL: requeststest.BaseURL})
		w.Service = registration.New(registration.Needs{DB: rooms.DB, Access: rooms.Access, Accounts: rooms.Accounts, Tenants: w.tenants, Mail: rooms.Notify, Queue: rooms.Queue,
			BaseURL: requeststest.BaseURL, Personal: []string{"posta.example"}})
		for kind, do := range map[string]func(context.Context, registration.Mail) error{registration.CodeKind: w.MailCode, registration.LinkKind: w.MailLink} {
			rooms.Queue.Handle(kind, func(ctx context.Context, j jobs.Job) error {
				var m registration.Mail
				if err := j.Into(&m); err != nil {
					return err
				}
				return do(ctx, m)
			})
		}
		made, err := w.tenants.Create(t.Context(), w.Olga, tenants.Creation{Organization: "ALBA", Name: "Alba", PrimaryDomain: "alba.example", Administrator: "dario@alba.example"})
		check(t, err)
		w.alba = made.ID
		check(t, w.tenants.Give(t.Context(), w.dario, w.alba, "dario@alba.example", access.DomainAdministrator))
		dns.Set(made.Domains[0].Record, made.Domains[0].Value)
		check(t, w.tenants.VerifyDomain(t.Context(), w.dario, w.alba, "alba.example"))
		w.Mails()
		test(t, w)
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants compares the code of an error, or of its only field.
func wants(t *testing.T, what string, err error, code string) {
	t.Helper()
	got := errs.CodeOf(err)
	if e, ok := err.(*errs.Error); ok && len(e.Fields) == 1 {
		got = e.Fields[0].Code
	}
	if got != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func (w *world) start(t *testing.T, address string) registration.Signup {
	t.Helper()
	up, err := w.Start(t.Context(), "req", remote, address, i18n.Italian)
	check(t, err)
	return up
}

// code returns what the newest mail of a signup code brings.
func (w *world) code(t *testing.T) string {
	t.Helper()
	mails := w.Mails(notify.SignupCode)
	if len(mails) != 1 {
		t.Fatalf("mails %+v", mails)
	}
	return mails[0].Params["code"]
}

func completion(code string) registration.Completion {
	return registration.Completion{Code: code, Names: accounts.Names{First: "Piero", Last: "Valli"}, Country: "IT", Language: i18n.Italian, Password: password}
}

// enter signs in and returns the actor.
func (w *world) enter(t *testing.T, address string) (audit.Actor, error) {
	t.Helper()
	_, session, err := w.Accounts.SignIn(t.Context(), "req", remote, address, password)
	return session.Actor, err
}

// TestWhoRegistersHasThePermissionsOfTheAddressAtOnce (REG-03, REG-04, REG-11, REG-12, ORG-04).
func TestWhoRegistersHasThePermissionsOfTheAddressAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.World.Give("piero@borealis.example", "E-9001", access.Download)
		up := w.start(t, " Piero@Borealis.example ")
		if got, err := w.Signup(t.Context(), audit.Nobody(""), up.ID); err != nil || got.Address != "piero@borealis.example" || got.Country != "IT" {
			t.Errorf("%+v, %v", got, err)
		}
		code := w.code(t)
		if len(code) != 9 {
			t.Errorf("code %q", code)
		}
		c := completion(code)
		c.Country, c.Names.First, c.Password = "XX", "", "short"
		if err := w.Complete(t.Context(), "req", up.ID, c); errs.CodeOf(err) != "registration.completion" || len(err.(*errs.Error).Fields) != 3 {
			t.Errorf("%v", err)
		}
		c = completion(code)
		c.Country = "FI"
		check(t, w.Complete(t.Context(), "req", up.ID, c))
		wants(t, "again", w.Complete(t.Context(), "req", up.ID, c), "registration.unknown")
		piero, err := w.enter(t, "piero@borealis.example")
		check(t, err)
		check(t, w.May(piero, access.SeeLicensingID, "E-9001"))
		for _, body := range append(w.Recorded("registration.completed"), w.Recorded("registration.started")...) {
			if strings.Contains(body, "@") || strings.Contains(body, strings.ReplaceAll(code, " ", "")) {
				t.Errorf("a record tells too much: %s", body)
			}
		}
	})
}

// TestStartingTellsNothing: whoever has an account gets the advice to sign in, and the page is told the same (REG-04).
func TestStartingTellsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		up := w.start(t, "anna@alba.example")
		if mails := w.Mails(notify.SignupCode, notify.AlreadyRegistered); len(mails) != 1 || mails[0].Event != notify.AlreadyRegistered {
			t.Errorf("mails %+v", mails)
		}
		wants(t, "a guess", w.Complete(t.Context(), "req", up.ID, completion("1234 5678")), "registration.code_wrong")
		for range 2 {
			w.start(t, "anna@alba.example")
		}
		_, err := w.Start(t.Context(), "req", remote, "anna@alba.example", i18n.English)
		wants(t, "a fourth mail", err, "accounts.too_many_mails")
	})
}

// TestCodesAreJudged: wrong, worn out, expired, replaced, another sign-up's (REG-12).
func TestCodesAreJudged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		up := w.start(t, "piero@borealis.example")
		first := w.code(t)
		other := w.start(t, "paola@borealis.example")
		w.code(t)
		wants(t, "another sign-up's", w.Complete(t.Context(), "req", other.ID, completion(first)), "registration.code_wrong")
		check(t, w.Again(t.Context(), audit.Nobody("req"), remote, up.ID))
		second := w.code(t)
		wants(t, "replaced", w.Complete(t.Context(), "req", up.ID, completion(first)), "registration.code_wrong")
		for range 4 {
			wants(t, "wrong", w.Complete(t.Context(), "req", up.ID, completion("0")), "registration.code_wrong")
		}
		wants(t, "worn out", w.Complete(t.Context(), "req", up.ID, completion(second)), "registration.code_worn")
		check(t, w.Again(t.Context(), audit.Nobody("req"), remote, up.ID))
		third := w.code(t)
		w.Clock.Advance(30 * time.Minute)
		wants(t, "expired", w.Complete(t.Context(), "req", up.ID, completion(third)), "registration.code_expired")
	})
}

// TestOwnersOfDomainsDecide, at once and each way: E02 to E05 (ERR-03 to ERR-07, AMB-01), also about joining.
func TestOwnersOfDomainsDecide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		n := 0
		starting := func() error {
			n++
			_, err := w.Start(t.Context(), "req", remote, fmt.Sprintf("p%d@alba.example", n), i18n.Italian)
			return err
		}
		claiming := func() error { return w.Claim(t.Context(), w.Bruno, remote, fmt.Sprintf("c%d@alba.example", n)) }
		control := func(c tenants.Controls) {
			t.Helper()
			check(t, w.tenants.SetControls(t.Context(), w.dario, w.alba, "alba.example", c))
		}
		control(tenants.Controls{Restricted: true})
		wants(t, "restricted", starting(), "registration.e02")
		wants(t, "restricted", claiming(), "registration.e02")
		control(tenants.Controls{Managed: true})
		wants(t, "managed", starting(), "registration.e05")
		wants(t, "managed", claiming(), "registration.e05")
		control(tenants.Controls{})
		check(t, w.tenants.SetSignUp(t.Context(), w.dario, w.alba, false))
		wants(t, "turned off", starting(), "registration.e03")
		wants(t, "turned off", claiming(), "registration.e03")
		check(t, w.tenants.SetSignUp(t.Context(), w.dario, w.alba, true))
		up := w.start(t, "piero@alba.example")
		c := completion(w.code(t))
		control(tenants.Controls{Restricted: true})
		wants(t, "restricted meanwhile", w.Complete(t.Context(), "req", up.ID, c), "registration.e04")
		control(tenants.Controls{})
		check(t, w.Complete(t.Context(), "req", up.ID, c))
		_, err := w.Start(t.Context(), "req", remote, "piero@posta.example", i18n.Italian)
		wants(t, "personal", err, "registration.personal")
	})
}

// TestAnotherAddressIsJoinedByItsMail, for whoever asked for it and nobody else, and never one that has an account (REG-05 to REG-08).
func TestAnotherAddressIsJoinedByItsMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.World.Give("licenze@alba.example", "E-1001", access.ProductKeys)
		claim := func(address string) (token string) {
			t.Helper()
			check(t, w.Claim(t.Context(), w.Bruno, remote, address))
			mails := w.Mails(notify.AddressClaimed)
			if len(mails) != 1 || mails[0].To != address {
				t.Fatalf("mails %+v", mails)
			}
			return path.Base(mails[0].Params["link"])
		}
		first := claim("licenze@alba.example")
		if p, err := w.Pending(t.Context(), w.Bruno); err != nil || p.Address != "licenze@alba.example" || p.Until.Sub(p.Made) != 48*time.Hour {
			t.Errorf("%+v, %v", p, err)
		}
		token := claim("licenze@alba.example")
		wants(t, "a link that was replaced", w.Join(t.Context(), w.Bruno, first), "registration.link_unknown")
		wants(t, "somebody else's", w.Join(t.Context(), w.Carla, token), "registration.link_unknown")
		_, err := w.Link(t.Context(), w.Carla, token)
		wants(t, "somebody else's", err, "registration.link_unknown")
		_, err = w.Link(t.Context(), w.Bruno, token)
		check(t, err)
		wants(t, "before", w.May(w.Bruno, access.ViewKeys, "E-1001"), "licensing_ids.unknown")
		check(t, w.Join(t.Context(), w.Bruno, token))
		check(t, w.May(w.Bruno, access.ViewKeys, "E-1001"))
		wants(t, "again", w.Join(t.Context(), w.Bruno, token), "registration.link_unknown")

		check(t, w.Claim(t.Context(), w.Bruno, remote, "anna@alba.example"))
		if mails := w.Mails(notify.AddressClaimed, notify.AlreadyRegistered); len(mails) != 1 || mails[0].Event != notify.AlreadyRegistered {
			t.Errorf("an address with an account: %+v", mails)
		}
		token = claim("taken@alba.example")
		w.Person("taken@alba.example", "Tea", "Riva")
		wants(t, "registered meanwhile", w.Join(t.Context(), w.Bruno, token), "accounts.address_taken")
		token = claim("late@alba.example")
		w.Clock.Advance(48 * time.Hour)
		wants(t, "expired", w.Join(t.Context(), w.Bruno, token), "registration.link_expired")
	})
}

// TestAPersonalAccountIsConverted: permissions stay, the work address signs in, and the personal one is told which (REG-11, ERR-02).
func TestAPersonalAccountIsConverted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rita := w.Person("rita@posta.example", "Rita", "Costa")
		stored, err := w.Accounts.Password(t.Context(), password)
		check(t, err)
		w.Exec("INSERT INTO credentials (user_id, password, changed_at) VALUES ($1, $2, 1)", rita.ID, stored)
		w.World.Give("rita@posta.example", "E-9001", access.Download)
		_, err = w.StartConversion(t.Context(), w.Bruno, remote, "other@borealis.example", i18n.Italian)
		wants(t, "a work account", err, "registration.not_personal")
		up, err := w.StartConversion(t.Context(), rita, remote, "rita@borealis.example", i18n.Italian)
		check(t, err)
		c := completion(w.code(t))
		wants(t, "somebody else", w.CompleteConversion(t.Context(), w.Bruno, up.ID, c), "registration.unknown")
		wants(t, "as a registration", w.Complete(t.Context(), "req", up.ID, c), "registration.unknown")
		check(t, w.CompleteConversion(t.Context(), rita, up.ID, c))
		check(t, w.May(rita, access.SeeLicensingID, "E-9001"))
		_, err = w.enter(t, "rita@posta.example")
		if e, ok := err.(*errs.Error); !ok || e.Code != "accounts.e06" || e.Params["account"] != "rita@borealis.example" {
			t.Errorf("the personal account: %v", err)
		}
		_, _, err = w.Accounts.SignIn(t.Context(), "req", remote, "rita@posta.example", "another password altogether")
		wants(t, "with a wrong password", err, "accounts.credentials")
		_, err = w.enter(t, "rita@borealis.example")
		check(t, err)
	})
}
