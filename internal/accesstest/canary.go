package accesstest

import (
	"context"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/db"
	"chiave/internal/platform/feed"
)

// canary is a text that only those may read who may do one of the actions on the Licensing ID; when it names none, whoever may know of it.
type canary struct {
	text    string
	on      Object
	actions []access.Action
}

func (w *World) now() (now time.Time) {
	w.t.Helper()
	w.check(w.DB.Read(w.t.Context(), func(tx *db.Tx) error { now = tx.Now(); return nil }))
	return now
}

// take imports a feed.
func (w *World) take(name, text string, use func(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error)) {
	w.t.Helper()
	report, err := use(w.t.Context(), w.Operator, name, strings.NewReader(text), false)
	w.check(err)
	if report.Failed() {
		w.t.Fatalf("%s: %+v", name, report.Errors)
	}
}

// plant puts what is recognised into a Licensing ID: an order, a key, a computer, a person.
func (w *World) plant(o Object) {
	w.t.Helper()
	mark := "zq" + string(o)
	file := mark + "-orders.csv"
	quantity, limit := int64(33), int64(55)
	if o == Other {
		quantity, limit = 7331, 7919 // counts that are on no other side
	}
	w.take(file, fmt.Sprintf("line_id,licensing_id,order_number,order_date,product,version,kind,quantity,coverage_start,coverage_end\n"+
		"OL-%[1]s,%[2]s,PO-%[1]s,2025-02-10,NIB-STD,,LSA,%[3]d,2025-02-10,2027-12-31\n", mark, o.Number(), quantity), w.Orders.Import)
	made, err := w.Keys.Generate(w.t.Context(), w.Operator, keys.Generation{Licensing: w.IDs[o], Type: keys.MAK, Products: []string{"NIB-STD"}, Limit: limit})
	w.check(err)
	w.Key[o] = made[0].ID
	_, text, err := w.Keys.Reveal(w.t.Context(), w.maker(), made[0].ID)
	w.check(err)
	code, err := keys.ParseTyped(text)
	w.check(err)
	machine := mark + "-pc"
	id, err := installation(machine)
	w.check(err)
	_, err = w.Activation.Activate(w.t.Context(), "test", activation.Request{Code: code, InstallationID: id, Product: "NIB-STD", Machine: machine})
	w.check(err)
	helper := mark + "@helper.example"
	w.grant(w.IDs[o], helper, access.Download, "")

	machines := []access.Action{access.SeeMachines, access.ReadAudit} // an activation is on record
	people := []access.Action{access.ManageUsers, access.ReadAudit, access.ReadCustomers, access.ReleaseInvitations}
	w.canaries = append(w.canaries,
		canary{o.Number(), o, nil},
		canary{"PO-" + mark, o, []access.Action{access.ViewReports}}, canary{"OL-" + mark, o, []access.Action{access.ViewReports}},
		canary{text, o, []access.Action{access.ViewKeys}}, canary{text[len(text)-6:], o, []access.Action{access.ViewKeys, access.MaintainKeys}},
		canary{keys.Wire.Wire(made[0].ID), o, []access.Action{access.ViewKeys, access.MaintainKeys, access.ReadAudit}},
		canary{string(w.IDs[o]), o, nil},
		canary{machine, o, machines}, canary{id, o, machines},
		canary{helper, o, people}, canary{file, o, []access.Action{access.Import, access.ReadCustomers}})
	if o == Other {
		for _, text := range []string{"7,331", "7.331", ">7331<", ":7331", "7,919", "7.919", ":7919"} {
			w.canaries = append(w.canaries, canary{text, o, []access.Action{access.ViewReports, access.ViewKeys, access.MaintainKeys}})
		}
		w.canaries = append(w.canaries, canary{"Finch Ltd", o, nil}, canary{"amelia.finch", o, append(people, access.SeeLicensingID)})
	}
}

// seen returns the planted texts that p reads in an answer and must not. What the request itself says is no news.
func (w *World) seen(m Matrix, p Principal, asked, answer string, as verdict) (texts []string) {
	for _, c := range w.canaries {
		if !strings.Contains(answer, c.text) && !strings.Contains(answer, html.EscapeString(c.text)) || strings.Contains(asked, c.text) {
			continue
		}
		if as == open && c.text == numbers[Own] { // the example of the API's description
			continue
		}
		if c.actions == nil && m.knows(p, c.on) {
			continue
		}
		if !slices.ContainsFunc(c.actions, func(a access.Action) bool { return m.may(p, a, c.on) }) {
			texts = append(texts, fmt.Sprintf("%q of %s", c.text, c.on))
		}
	}
	return texts
}
