package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// licensing makes a Licensing ID of an organization with an Administrator.
func (w *world) licensing(organization ids.ID, number, admin string) ids.ID {
	w.t.Helper()
	id := ids.New(w.clk.Now())
	w.exec(`INSERT INTO licensing_ids (id, number, number_folded, program, organization_id, agreement_number, enrollment_number, authorization_number, owner_id, start_on, end_on, version, created_at, changed_at)
		VALUES ($1, $2, lower($2), 'enterprise', $3, '', '', '', '', '', '', 1, 1, 1)`, id, number, organization)
	w.write(func(tx *db.Tx) error {
		_, err := w.access.GrantFromContactTx(tx, audit.Itself(), access.ContactGrant{Address: admin, Licensing: id, Roles: []access.Role{access.Administrator}, Ref: "primary"})
		return err
	})
	return id
}

func (w *world) signIn(address string) audit.Actor {
	w.t.Helper()
	_, session, err := w.SignIn(w.t.Context(), "req", remote, address, password)
	if err != nil {
		w.t.Fatal(err)
	}
	return session.Actor
}

func newcomer(address string, licensing ids.ID, roles ...access.Role) accounts.Newcomer {
	n := accounts.Newcomer{Address: address, Names: accounts.Names{First: "Bruno", Last: "Verdi"}, Wishes: []access.Wish{{Licensing: licensing}}}
	for _, r := range roles {
		n.Wishes[0].Roles = append(n.Wishes[0].Roles, access.Wished{Role: r})
	}
	return n
}

// fieldsOf are the codes of the fields of a refusal.
func fieldsOf(err error) (all []string) {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range e.Fields {
			all = append(all, f.Code)
		}
	}
	return all
}

// TestAddingAUser (ADM-07, ADM-08, ADM-13, ADM-21, ORG-08; N01).
func TestAddingAUser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.access.Tell(w.Service)
		w.member(w.operator(), "anna@example.com")
		anna := w.signIn("anna@example.com")
		organization, _ := w.organization(example)
		lid, foreign := w.licensing(organization, "E-1", "anna@example.com"), w.licensing(organization, "X-1", "other@example.com")
		add := func(n accounts.Newcomer) error { return second(w.AddUser(t.Context(), anna, n)) }

		for name, c := range map[string]struct {
			n      accounts.Newcomer
			code   string
			fields []string
		}{
			"no address, no name":   {accounts.Newcomer{Address: "bruno", Wishes: newcomer("", lid, access.Download).Wishes}, "accounts.newcomer", []string{"access.address", "accounts.name", "accounts.name"}},
			"no role":               {newcomer("bruno@example.com", lid), "access.assignment", []string{"access.no_role"}},
			"not the actor's":       {newcomer("bruno@example.com", foreign, access.Download), "licensing_ids.unknown", nil},
			"listed already":        {newcomer("ANNA@example.com", lid, access.Download), "access.person_listed", nil},
			"another domain":        {newcomer("bruno@example.org", lid, access.Download), "accounts.unusual_address", []string{"accounts.new_domain"}},
			"a subdomain":           {newcomer("bruno@mail.example.com", lid, access.Download), "accounts.unusual_address", []string{"accounts.new_domain"}},
			"a shared mailbox":      {newcomer("Ufficio.Acquisti@example.com", lid, access.Download), "accounts.unusual_address", []string{"accounts.shared_mailbox"}},
			"both":                  {newcomer("info@example.org", lid, access.Download), "accounts.unusual_address", []string{"accounts.shared_mailbox", "accounts.new_domain"}},
			"Limited is not theirs": {newcomer("bruno@example.com", lid, access.Limited), "access.assignment", []string{"access.role"}},
		} {
			if err := add(c.n); errs.CodeOf(err) != c.code || !slices.Equal(fieldsOf(err), c.fields) {
				t.Errorf("%s: %v %v", name, err, fieldsOf(err))
			}
		}
		if n := w.number("SELECT count(*) FROM person_names"); n != 0 || w.number("SELECT count(*) FROM invitations WHERE address LIKE 'bruno%'") != 0 {
			t.Error("what was refused left something behind")
		}

		if err := add(newcomer("Bruno@example.com", lid, access.Download, access.ProductKeys)); err != nil {
			t.Fatal(err)
		}
		m := w.outbox.messages[len(w.outbox.messages)-1]
		if m.Event != notify.Welcome || m.To != "bruno@example.com" || m.Lang != "it" || m.Params["name"] != "Bruno Verdi" || m.Params["by"] != "Anna Rossi" ||
			!strings.Contains(m.Params["granted"], `"E-1","added":[{"role":"download"},{"role":"product_keys"}]`) {
			t.Errorf("mailed %+v", m)
		}
		link := w.outbox.linkOf(t, "bruno@example.com", notify.Welcome, accounts.InvitationPath)
		if err := w.AcceptInvitation(t.Context(), "req", link, accounts.Names{First: "Bruno", Last: "Verdi"}, "en", password); err != nil {
			t.Fatal(err)
		}
		bruno := w.signIn("bruno@example.com")
		if err := w.access.Read(t.Context(), bruno, func(_ *db.Tx, g *access.Gate) error { return g.On(access.ViewKeys, lid) }); err != nil {
			t.Errorf("after registering: %v", err)
		}
		if err := add(newcomer("bruno@example.com", lid, access.Administrator)); errs.CodeOf(err) != "access.person_listed" {
			t.Errorf("twice: %v", err)
		}
		n := newcomer("info@example.org", lid, access.Download)
		n.Confirmed = true
		if err := add(n); err != nil {
			t.Errorf("confirmed: %v", err)
		}
		w.leaks("@", "Verdi", link)
	})
}

// TestAddingSomebodyElsesUser: one mail about the roles, no second account, and not a word of it to the Administrator (R12).
func TestAddingSomebodyElsesUser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.access.Tell(w.Service)
		operator := w.operator()
		w.member(operator, "anna@example.com")
		anna := w.signIn("anna@example.com")
		organization, _ := w.organization(example)
		w.member(operator, "paolo@elsewhere.example")
		other, _ := w.organization(accounts.Organization{Code: "ORG-2", LegalName: "Altrove S.r.l.", Country: "IT", TimeZone: "Europe/Rome", Segment: "commercial"})
		w.exec("UPDATE users SET organization_id = $1, first_name = 'Paola' WHERE id = (SELECT user_id FROM user_addresses WHERE address = 'paolo@elsewhere.example')", other)
		lid := w.licensing(organization, "E-1", "anna@example.com")
		w.licensing(other, "X-1", "paolo@elsewhere.example")

		var seen []access.Standing
		for _, address := range []string{"paolo@elsewhere.example", "nobody@somewhere.example"} {
			n := newcomer(address, lid, access.Download)
			if err := second(w.AddUser(t.Context(), anna, n)); !slices.Equal(fieldsOf(err), []string{"accounts.new_domain"}) {
				t.Errorf("%s: %v", address, err)
			}
			n.Confirmed = true
			id, err := w.AddUser(t.Context(), anna, n)
			if err != nil {
				t.Fatal(err)
			}
			person, err := w.access.GetPerson(t.Context(), anna, id)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, person)
		}
		if seen[0].Name != "Bruno Verdi" || seen[0].Name != seen[1].Name || seen[0].Active != seen[1].Active || len(seen[0].Grants) != len(seen[1].Grants) {
			t.Errorf("they look different: %+v", seen)
		}
		people, _, err := w.access.ListPeople(t.Context(), anna, access.PeopleFilter{Search: "paola"})
		if err != nil || len(people) != 0 {
			t.Errorf("found by a name that is not hers to know: %+v %v", people, err)
		}
		var told []string
		for _, m := range w.outbox.messages {
			if m.To == "paolo@elsewhere.example" {
				told = append(told, m.Event)
			}
		}
		if want := []string{notify.Invitation, notify.PasswordSet, notify.RolesChanged}; !slices.Equal(told, want) {
			t.Errorf("mailed %v, want %v", told, want)
		}
		if n := w.number("SELECT count(*) FROM users WHERE staff = ''"); n != 2 {
			t.Errorf("%d users", n)
		}
	})
}

// TestWhoGetsARoleIsInvited: by whatever way the first role comes (REG-01, REG-02); a link sent before gives way.
func TestWhoGetsARoleIsInvited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.access.Tell(w.Service)
		operator := w.operator()
		w.member(operator, "anna@example.com")
		anna := w.signIn("anna@example.com")
		organization, _ := w.organization(example)
		lid := w.licensing(organization, "E-1", "anna@example.com")
		w.licensing(organization, "E-2", "carla@example.com")
		w.invite("carla@example.com")
		if _, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{}); err != nil {
			t.Fatal(err)
		}
		m := w.outbox.messages[len(w.outbox.messages)-1]
		if m.Event != notify.WelcomeContact || !strings.Contains(m.Params["granted"], `"E-2","added":[{"role":"administrator"}]`) {
			t.Errorf("the contact was mailed %+v", m)
		}
		old := w.outbox.linkOf(t, "carla@example.com", notify.WelcomeContact, accounts.InvitationPath)
		if _, err := w.access.Assign(t.Context(), anna, access.Assignment{Licensing: lid, Address: "carla@example.com", Role: access.Download}); err != nil {
			t.Fatal(err)
		}
		link := w.outbox.linkOf(t, "carla@example.com", notify.Welcome, accounts.InvitationPath)
		if _, err := w.Invitation(t.Context(), old); errs.CodeOf(err) != "accounts.link_unknown" {
			t.Errorf("the old link: %v", err)
		}
		if v, err := w.Invitation(t.Context(), link); err != nil || v.Organization != example.LegalName {
			t.Errorf("the new link: %+v %v", v, err)
		}
	})
}

// TestAContactBelongsToTheOrganizationThatNamesIt, also when an Administrator of another has added the address before (REG-01).
func TestAContactBelongsToTheOrganizationThatNamesIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.access.Tell(w.Service)
		operator := w.operator()
		other, _ := w.organization(accounts.Organization{Code: "ORG-2", LegalName: "Altrove S.r.l.", Country: "IT", TimeZone: "Europe/Rome", Segment: "commercial"})
		w.member(operator, "mara@altrove.example")
		n := newcomer("anna@example.com", w.licensing(other, "X-1", "mara@altrove.example"), access.Download)
		n.Confirmed = true
		if _, err := w.AddUser(t.Context(), w.signIn("mara@altrove.example"), n); err != nil {
			t.Fatal(err)
		}
		organization, _ := w.organization(example)
		w.licensing(organization, "E-1", "anna@example.com")
		foreseen := false
		w.write(func(tx *db.Tx) (err error) {
			foreseen, err = w.WouldInviteTx(tx, accounts.Invitation{Address: "anna@example.com", FirstName: "Anna", LastName: "Rossi", Organization: organization, Reason: "contact"})
			return err
		})
		old := w.outbox.linkOf(t, "anna@example.com", notify.Welcome, accounts.InvitationPath)
		if !foreseen || !w.invite("anna@example.com") || w.invite("anna@example.com") {
			t.Error("it is not queued anew, or not once")
		}
		if _, err := w.Invitation(t.Context(), old); err != nil {
			t.Errorf("before it is released: %v", err)
		}
		if n, err := w.ReleaseInvitations(t.Context(), operator, accounts.InvitationFilter{Organization: organization}); err != nil || n != 1 {
			t.Errorf("%d released, %v", n, err)
		}
		link := w.outbox.linkOf(t, "anna@example.com", notify.WelcomeContact, accounts.InvitationPath)
		if v, err := w.Invitation(t.Context(), link); err != nil || v.Organization != example.LegalName || v.Names != (accounts.Names{First: "Anna", Last: "Rossi"}) {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// TestNobodyIsFloodedWithInvitations by roles that come and go; the link of the last mail keeps working.
func TestNobodyIsFloodedWithInvitations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.access.Tell(w.Service)
		w.member(w.operator(), "anna@example.com")
		anna := w.signIn("anna@example.com")
		organization, _ := w.organization(example)
		lid := w.licensing(organization, "E-1", "anna@example.com")
		before := len(w.outbox.messages)
		for range 8 {
			role, err := w.access.Assign(t.Context(), anna, access.Assignment{Licensing: lid, Address: "carla@example.com", Role: access.Download})
			if err == nil {
				err = w.access.Revoke(t.Context(), anna, role)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.outbox.messages) - before; n != 5 {
			t.Errorf("%d mails", n)
		}
		if _, err := w.Invitation(t.Context(), w.outbox.linkOf(t, "carla@example.com", notify.Welcome, accounts.InvitationPath)); err != nil {
			t.Error(err)
		}
	})
}
