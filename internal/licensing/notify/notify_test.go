package notify_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/mail"
	"chiave/internal/platform/mail/mailtest"
	"chiave/internal/platform/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is the service over a real database, seal and mail server.
type room struct {
	*notify.Service
	db    *db.DB
	queue *jobs.Runner
}

func open(t *testing.T, d *db.DB, server *mailtest.Server) room {
	t.Helper()
	return openWith(t, d, unseal(t, d), mail.Config{Host: server.Host, Port: server.Port, Security: mail.None, From: "Center <no-reply@center.example>"})
}

func unseal(t *testing.T, d *db.DB) *seal.Sealer {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root.key")
	if err := seal.CreateRootKey(root); err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Open(t.Context(), d, root, seal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func openWith(t *testing.T, d *db.DB, sealer *seal.Sealer, cfg mail.Config) room {
	t.Helper()
	client, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	queue := jobs.New(d, jobs.Config{})
	s := notify.New(notify.Needs{DB: d, Access: access.New(d), Queue: queue, Sealer: sealer, Mail: client, Texts: texts, Portal: "Centro Licenze"})
	return room{s, d, queue}
}

const secretLink = "https://center.example/invitations/aWxpa2V0aGlzc2VjcmV0"

func invitation(to string) notify.Message {
	return notify.Message{To: to, Lang: "it", Zone: "Europe/Rome", Event: notify.Invitation, Licensing: "lid1", Params: notify.Params{
		"name": "Ada Bianchi", "organization": "Rossi & Figli S.p.A.", "link": secretLink, "until": notify.Instant(dbtest.Start.Add(7 * 24 * time.Hour))}}
}

func (r room) enqueue(t *testing.T, m notify.Message) {
	t.Helper()
	if err := r.db.Housekeep(t.Context(), "test", func(tx *db.Tx) error { return r.EnqueueTx(tx, m) }); err != nil {
		t.Fatal(err)
	}
}

func (r room) log(t *testing.T) []notify.Entry {
	t.Helper()
	all, err := r.List(t.Context(), audit.Itself(), notify.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// stored returns everything the database holds of messages and jobs as text.
func (r room) stored(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := r.db.Read(t.Context(), func(tx *db.Tx) error {
		add := func(scan func(...any) error) error {
			var body []byte
			var rest string
			err := scan(&body, &rest)
			all.Write(body)
			all.WriteString(rest)
			return err
		}
		if err := tx.Each("SELECT body, event || recipient || coalesce(result, '') FROM messages", nil, add); err != nil {
			return err
		}
		return tx.Each("SELECT NULL, payload || coalesce(last_error, '') FROM jobs", nil, add)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestAMessageIsDeliveredLoggedAndForgotten(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		r := open(t, d, server)
		to := d.Engine().String() + "@example.com"
		r.enqueue(t, invitation(to))
		if strings.Contains(r.stored(t), "aWxpa2V0") {
			t.Fatal("the link is in the database in clear")
		}
		clk.Advance(time.Minute)
		if _, err := r.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := server.Wait(t.Context(), to, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != "Invito a Centro Licenze" || !strings.Contains(strings.Join(strings.Fields(got.Text), " "), "fino al 7 apr 2026, 11:00 CEST") ||
			!strings.Contains(got.Text, secretLink) || !strings.Contains(got.HTML, "Rossi &amp; Figli") || strings.ContainsAny(got.Text, "⟦⟧{}") {
			t.Errorf("mail %+v", got)
		}
		want := notify.Entry{Licensing: "lid1", Event: "invitation", To: to, Lang: "it", State: notify.Sent, Created: dbtest.Start,
			Attempts: 1, Tried: dbtest.Start.Add(time.Minute), Reply: 250}
		log := r.log(t)
		if len(log) != 1 {
			t.Fatalf("log %+v", log)
		}
		want.ID = log[0].ID
		if log[0] != want {
			t.Errorf("log  %+v\nwant %+v", log[0], want)
		}
		var bodies int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Row("SELECT count(*) FROM messages WHERE body IS NOT NULL").Scan(&bodies)
		}); err != nil || bodies != 0 {
			t.Errorf("%d contents kept after delivery, %v", bodies, err)
		}
	})
}

func TestARefusedMailIsGivenUpAndABusyServerTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		server := mailtest.Start(t, "--enable-chaos")
		r := open(t, d, server)
		drain := func(reply int) notify.Entry {
			t.Helper()
			if err := server.Refuse(t.Context(), reply); err != nil {
				t.Fatal(err)
			}
			_, err := r.queue.Drain(t.Context())
			if (err != nil) != (reply != 0) {
				t.Fatalf("reply %d: %v", reply, err)
			}
			return r.log(t)[0]
		}
		r.enqueue(t, invitation("busy@example.com"))
		if e := drain(451); e.State != notify.Queued || e.Attempts != 1 || e.Result != "mail.unsent" || e.Reply != 451 {
			t.Errorf("after a busy server: %+v", e)
		}
		clk.Advance(10 * time.Second)
		if e := drain(0); e.State != notify.Sent || e.Attempts != 2 || e.Result != "" || e.Reply != 250 {
			t.Errorf("after the second attempt: %+v", e)
		}
		r.enqueue(t, invitation("nobody@example.com"))
		if e := drain(550); e.State != notify.Failed || e.Attempts != 1 || e.Result != "mail.refused" || e.Reply != 550 {
			t.Errorf("after a refusal: %+v", e)
		}
		clk.Advance(24 * time.Hour)
		if all := r.log(t); len(all) != 2 || drain(0).Attempts != 1 {
			t.Errorf("a refused mail was tried again: %+v", all)
		}
		failed, err := r.Failed(t.Context(), audit.Itself(), "")
		if err != nil || len(failed) != 1 || failed[0].To != "nobody@example.com" {
			t.Errorf("failed mails %+v, %v", failed, err)
		}
		if stored := r.stored(t); strings.Contains(stored, "aWxpa2V0") || strings.Contains(stored, "Rossi") {
			t.Error("the contents of a mail that was given up are kept")
		}
	})
}

func TestAServerThatStaysAwayEndsInFailure(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	server.Stop()
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		r := open(t, d, server)
		r.enqueue(t, invitation("ada@example.com"))
		for range 12 {
			r.queue.Drain(t.Context())
			clk.Advance(6 * time.Hour)
		}
		if e := r.log(t)[0]; e.State != notify.Failed || e.Attempts != 10 || e.Result != "mail.unsent" || e.Reply != 0 {
			t.Errorf("log %+v", e)
		}
	})
}

func TestWithoutAMailServerMessagesWaitForOne(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
		sealer := unseal(t, d)
		without := openWith(t, d, sealer, mail.Config{})
		to := "waiting@" + d.Engine().String() + ".example"
		without.enqueue(t, invitation(to))
		clk.Advance(30 * 24 * time.Hour)
		if _, err := without.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := without.log(t)[0]; e.State != notify.Queued || e.Attempts != 0 {
			t.Errorf("without a server: %+v", e)
		}
		with := openWith(t, d, sealer, mail.Config{Host: server.Host, Port: server.Port, Security: mail.None, From: "no-reply@center.example"})
		if _, err := with.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Wait(t.Context(), to, 1); err != nil {
			t.Error(err)
		}
	})
}

func TestBadMessagesAreRefusedWithoutTheirValues(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := open(t, d, server)
		for name, change := range map[string]func(*notify.Message){
			"unknown event":     func(m *notify.Message) { m.Event = "operator_link" },
			"nobody":            func(m *notify.Message) { m.To = "" },
			"unknown zone":      func(m *notify.Message) { m.Zone = "Europe/Roma" },
			"missing parameter": func(m *notify.Message) { delete(m.Params, "organization") },
			"extra parameter":   func(m *notify.Message) { m.Params["key"] = "secret-value" },
			"no instant":        func(m *notify.Message) { m.Params["until"] = "secret-value" },
			"script link":       func(m *notify.Message) { m.Params["link"] = "javascript:secret-value" },
			"link with a blank": func(m *notify.Message) { m.Params["link"] = "https://a.example/ secret-value" },
		} {
			m := invitation("ada@example.com")
			change(&m)
			err := r.db.Housekeep(t.Context(), "test", func(tx *db.Tx) error { return r.EnqueueTx(tx, m) })
			if err == nil || strings.Contains(err.Error(), "secret-value") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if all := r.log(t); len(all) != 0 {
			t.Errorf("messages of refused requests: %+v", all)
		}
	})
}

func TestWhoSeesTheLog(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := open(t, d, server)
		r.enqueue(t, invitation("one@example.com"))
		other := invitation("two@example.com")
		other.Licensing = "lid2"
		r.enqueue(t, other)
		administrator, operator := person(t, d, "admin@example.com", ""), person(t, d, "staff@example.com", "operator")
		if err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO role_grants (id, licensing_id, address, role, part, source, source_ref, valid_from, granted_at)
				VALUES ('grant', 'lid1', 'admin@example.com', 'administrator', '', 'contact', '', $1, $2)`, tx.Now(), tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			name      string
			actor     audit.Actor
			licensing ids.ID
			want      int
			kind      errs.Kind
		}{
			{"the Administrator", administrator, "lid1", 1, 0},
			{"the Administrator of another Licensing ID", administrator, "lid2", 0, errs.NotFound},
			{"a customer asking for everything", administrator, "", 0, errs.Denied},
			{"staff asking for everything", operator, "", 2, 0},
			{"nobody", audit.Nobody("req"), "lid1", 0, errs.Unauthenticated},
		} {
			all, err := r.List(t.Context(), tc.actor, notify.Filter{Licensing: tc.licensing})
			if len(all) != tc.want || (err == nil) != (tc.kind == 0) || err != nil && errs.KindOf(err) != tc.kind {
				t.Errorf("%s: %d entries, %v", tc.name, len(all), err)
			}
		}
	})
}

func person(t *testing.T, d *db.DB, address, staff string) audit.Actor {
	t.Helper()
	var id ids.ID
	err := d.Housekeep(t.Context(), "test", func(tx *db.Tx) error {
		id = tx.NewID()
		if _, err := tx.Exec("INSERT INTO users (id, first_name, last_name, language, staff, created_at) VALUES ($1, 'A', 'B', 'en', $2, $3)", id, staff, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO user_addresses (address, user_id, verified_at) VALUES ($1, $2, $3)", address, id, tx.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return audit.Actor{Kind: audit.User, ID: id}
}

// Every event reads well in both languages: nothing is missing, the text fits a terminal.
func TestEveryEventInBothLanguages(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		r := open(t, d, server)
		values := notify.Params{"requester": "Dario Conti", "email": "dario@alba.example", "licensing_id": "E-1001", "request": "R-4QK2-M7XD", "roles": "download product_keys",
			"comments": "", "person": "Dario Conti", "failures": "5", "people": "", "note": "", "since": notify.Instant(dbtest.Start), "due": notify.Instant(dbtest.Start), "name": "", "organization": "Rossi & Figli S.p.A.", "link": secretLink, "until": notify.Instant(dbtest.Start), "at": notify.Instant(dbtest.Start),
			"changes": notify.RoleChanges([]notify.RoleChange{{Number: "E-1001", Added: []notify.HeldRole{{Role: "software_assurance_manager", Part: "home_use", Until: dbtest.Start}, {Role: "download"}}, Removed: []notify.HeldRole{{Role: "administrator"}}}})}
		values["by"], values["granted"] = "Ugo Foscolo", values["changes"]
		values["tenant"], values["tenant_role"], values["code"] = "Rossi", "global_administrator", "4821 9035"
		values["few"] = notify.FewPeopleList([]notify.FewPeople{{Number: "E-1001"}, {Number: "E-1002", Keys: true}})
		needs := map[string][]string{notify.TenantRoleGiven: {"name", "tenant", "organization", "tenant_role", "email", "link"}, notify.SignupCode: {"name", "code", "until", "link"},
			notify.AddressClaimed: {"name", "email", "link", "until"}, notify.AlreadyRegistered: {"name", "email", "link"},
			notify.Alternates: {"name", "few", "link"}, notify.Welcome: {"name", "by", "granted", "link", "until"}, notify.WelcomeContact: {"name", "organization", "granted", "link", "until"},
			notify.Invitation: {"name", "organization", "link", "until"}, notify.PasswordSet: {"name", "link", "at"},
			notify.TwoStepOn: {"name", "link", "at"}, notify.TwoStepOff: {"name", "link", "at"}, notify.RecoveryUsed: {"name", "link", "at"}, notify.RecoveryNew: {"name", "link", "at"}, notify.DeviceAllowed: {"name", "link", "at"}, notify.PasskeyAdded: {"name", "link", "at"}, notify.PasskeyRemoved: {"name", "link", "at"},
			notify.PasswordChanged: {"name", "link", "at"}, notify.PasswordLink: {"name", "link", "until"}, notify.RolesChanged: {"name", "changes", "link"},
			notify.RequestSubmitted: {"name", "requester", "email", "licensing_id", "request", "roles", "comments", "link"}, notify.RequestAccepted: {"name", "licensing_id", "request", "roles", "note", "link"},
			notify.RequestDenied:    {"name", "licensing_id", "request", "note", "link"},
			notify.OpenLicenseAdded: {"name", "licensing_id", "roles", "link"}, notify.OpenLicenseUsed: {"name", "person", "email", "licensing_id", "roles", "link"},
			notify.OpenLicenseReseller: {"name", "person", "email", "licensing_id", "roles", "link"}, notify.OpenLicenseDenied: {"name", "licensing_id", "link"},
			notify.OpenLicenseSuspended: {"name", "licensing_id", "failures", "people", "link"},
			notify.RequestReminder:      {"name", "requester", "licensing_id", "request", "since", "due", "link"}, notify.RequestOverdue: {"name", "requester", "licensing_id", "request", "since", "due", "link"}}
		for _, event := range notify.Events() {
			for _, lang := range i18n.Langs() {
				to := event + "." + string(lang) + "@" + d.Engine().String() + ".example"
				m := notify.Message{To: to, Lang: string(lang), Event: event, Params: notify.Params{}}
				for _, p := range needs[event] {
					m.Params[p] = values[p]
				}
				r.enqueue(t, m)
				if _, err := r.queue.Drain(context.Background()); err != nil {
					t.Fatal(err)
				}
				got, err := server.Wait(t.Context(), to, 1)
				if err != nil {
					t.Fatal(err)
				}
				for _, part := range []string{got.Subject, got.Text, got.HTML} {
					if strings.ContainsAny(part, "⟦⟧") || strings.Contains(part, "{portal}") {
						t.Errorf("%s %s has a hole: %s", event, lang, part)
					}
				}
				for line := range strings.Lines(got.Text) {
					if utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) > 72 {
						t.Errorf("%s %s: a line is too long: %q", event, lang, line)
					}
				}
				if !strings.Contains(got.Text, to) {
					t.Errorf("%s %s: a person without a name is not greeted by the address: %s", event, lang, got.Text)
				}
			}
		}
	})
}
